/*
 * Feed conf.c what nobody would write.  Built with make fuzz:
 *
 *	test/fuzz/fuzz_conf -max_total_time=60 -seed_inputs=mnm.conf \
 *	    -dict=test/fuzz/fuzz_conf.dict
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What others rely on. */
static void
check(const struct conf *c)
{
	const struct conf_listener *l;
	struct conf_address address;

	assert(c->data[0] != '\0' && c->name[0] != '\0');
	assert(c->listen_count >= 1 && c->listen_count <= CONF_LISTENERS);
	assert(c->window >= 1 && c->window <= 64);
	assert(c->journal_size >= 16 << 20);
	assert(c->auth == 0 || c->authby_count > 0);
	for (l = c->listen; l < c->listen + c->listen_count; l++) {
		assert(l->tls || conf_is_local(l));
		assert((l->cert_path[0] == '\0') == (l->key_path[0] == '\0'));
		assert(l->net == CONF_UNIX ? strlen(l->laddr) <= CONF_PATH_MAX :
		    conf_split_address(l->laddr, &address));
		(void)conf_listener_line(l, "listen.laddr");
	}
	(void)conf_line(c, "data");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = { (const char *)bytes, n };
	char why[300];
	struct conf c;

	memset(why, 'x', sizeof(why));
	if (conf_parse(&c, text, "a/FILE", why, sizeof(why)) == 0) {
		check(&c);
		conf_free(&c);
		conf_free(&c);
	} else {
		assert(memchr(why, '\0', sizeof(why)) != NULL);
		assert(strncmp(why, "a/FILE", 6) == 0);
	}
	return 0;
}
