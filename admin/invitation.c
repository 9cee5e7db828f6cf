#include "admin/invitation.h"

#include <stddef.h>
#include <string.h>

#include "admin/output.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/qr.h"
#include "conf.h"
#include "net/cert.h"
#include "net/identity.h"

/* Without the code. */
static struct span
name_of(const struct invitation *v)
{
	struct span name = span_of(v->name);

	if (v->coded)
		name.n = (size_t)(strrchr(name.p, ' ') - name.p);
	return name;
}

/*
 * Everything that only the invited may know stands behind '#', which browsers
 * keep to themselves.  A certificate that the operator has configured may be
 * renewed any day, so no link should insist on it.  For a device, the user's
 * name says that no other device will send its contacts.
 */
static void
add_link(struct buf *link, const struct invitation *v)
{
	struct span name = name_of(v);
	char address[IDENTITY_ADDRESS];
	const char *p;

	identity_address(address, v->conf, v->cert);
	buf_addf(link, "https://%s/#", address + 1);
	if (v->nodeid.n > 0) {
		buf_addf(link, "device=");
		encode_percent(link, span_of(v->uid));
		buf_add_byte(link, '.');
		encode_percent(link, v->nodeid);
		buf_addf(link, "&name=");
		encode_percent(link, name);
	} else {
		buf_addf(link, "join=");
		encode_percent(link, name);
	}
	if (v->coded) {
		buf_addf(link, "&code=");
		encode_percent(link, span_of(name.p + name.n + 1));
	}
	if (v->cert == NULL || identity_listener(v->conf)->cert_path[0] != '\0')
		return;
	buf_addf(link, "&ca=");
	for (p = v->cert->fingerprint; *p != '\0'; p++) {
		if (*p != ':')
			buf_add_byte(link, *p);
	}
}

static void
say_code(struct output *out, struct span link)
{
	struct buf drawing = { NULL, 0, 0 };
	struct span line;
	struct qr qr;

	if (!qr_encode(&qr, link)) {
		output_say(out, "The link is too long for a QR code.");
		return;
	}
	qr_draw(&drawing, &qr);
	for (line.p = drawing.p; line.p < drawing.p + drawing.n;
	    line.p += line.n + 1) {
		line.n = strcspn(line.p, "\n");
		output_say(out, "%.*s", (int)line.n, line.p);
	}
	buf_free(&drawing);
}

static bool
has_page(const struct conf *conf)
{
	const struct conf_listener *l = identity_listener(conf);

	return conf->web && (l == NULL || l->http);
}

static void
say_block(const struct invitation *v, struct output *out, struct span link,
    const char *address)
{
	struct span name = name_of(v);

	if (v->nodeid.n > 0)
		output_say(out, "\nThis makes a device yours, %.*s, at %s.",
		    (int)name.n, name.p, v->conf->name);
	else
		output_say(out, "\nYou are invited to %s as \"%.*s\", until "
		    "%.10s.", v->conf->name, (int)name.n, name.p, v->until);
	/* tmtp takes it, too. */
	output_say(out, "%s: %.*s", has_page(v->conf) ? "With a browser" :
	    "As a link", (int)link.n, link.p);
	output_say(out, "With another client: %s", address);
	if (v->nodeid.n > 0)
		output_say(out, "User id there: %s\nPassword: %.*s", v->uid,
		    (int)v->nodeid.n, v->nodeid.p);
	if (v->coded)
		output_say(out, "Name and code to type there: %s", v->name);
	if (v->cert != NULL)
		output_say(out, "Certificate SHA-256: %s",
		    v->cert->fingerprint);
	output_say(out, "%s", "");
	if (v->qr)
		say_code(out, link);
}

void
invitation_show(const struct invitation *v, struct output *out)
{
	struct span fingerprint = { NULL, 0 };
	char address[IDENTITY_ADDRESS];
	struct buf link = { NULL, 0, 0 };

	identity_address(address, v->conf, v->cert);
	add_link(&link, v);
	if (out->json) {
		output_text(out, "name", name_of(v));
		if (v->cert != NULL)
			fingerprint = span_of(v->cert->fingerprint);
		output_text(out, "address", span_of(address));
		output_text(out, "fingerprint", fingerprint);
		output_text(out, "link", buf_span(&link));
	} else {
		say_block(v, out, buf_span(&link), address);
	}
	buf_free(&link);
}
