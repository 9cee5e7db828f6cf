#include "tmtp/endpoint.h"

#include <string.h>

#include "conf.h"

#define HOST_MAX 253

/* The push services of browsers: of Google, Mozilla, Apple and Microsoft. */
static const char *const services[] = {
	"fcm.googleapis.com",
	"jmt17.google.com",
	"*.push.services.mozilla.com",
	"*.push.apple.com",
	"*.notify.windows.com"
};

#define SERVICES (sizeof(services) / sizeof(services[0]))

static bool
take(struct span *rest, struct span text)
{
	if (rest->n < text.n || memcmp(rest->p, text.p, text.n) != 0)
		return false;
	rest->p += text.n;
	rest->n -= text.n;
	return true;
}

/* The length of what begins the text and consists of these characters. */
static size_t
run_of(struct span text, const char *characters)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\0' &&
	    strchr(characters, text.p[n]) != NULL)
		n++;
	return n;
}

/*
 * It becomes a line of a request.  Browsers write what is not plain ASCII as
 * %xx, and a fragment is never sent.
 */
static bool
is_path(struct span path)
{
	size_t i = 0;

	while (i < path.n && path.p[i] > ' ' && path.p[i] < 0x7f &&
	    path.p[i] != '#' && path.p[i] != '\\')
		i++;
	return i == path.n && path.n > 0 && path.p[0] == '/';
}

bool
endpoint_read(struct endpoint *e, struct span url)
{
	struct span rest = url;

	if (url.n > ENDPOINT_MAX || !take(&rest, SPAN("https://")))
		return false;
	e->host.p = rest.p;
	e->host.n = run_of(rest, "abcdefghijklmnopqrstuvwxyz0123456789-.");
	(void)take(&rest, e->host);
	(void)take(&rest, SPAN(":443"));
	e->path = rest;
	return e->host.n > 0 && e->host.n <= HOST_MAX && is_path(rest);
}

/* pattern is a name, or "*." and the end of names, from a dot on. */
static bool
matches(struct span host, const char *pattern)
{
	struct span end = span_of(pattern);

	if (strncmp(pattern, "*.", 2) != 0)
		return span_is(host, end);
	end.p++;
	end.n--;
	return host.n > end.n && host.p[0] != '.' && span_is((struct span){
	    host.p + host.n - end.n, end.n }, end);
}

bool
endpoint_is_allowed(const struct endpoint *e, const struct conf *conf)
{
	char *const *pattern;
	size_t i;

	for (i = 0; i < SERVICES; i++) {
		if (matches(e->host, services[i]))
			return true;
	}
	for (pattern = conf->push_hosts; *pattern != NULL; pattern++) {
		if (matches(e->host, *pattern))
			return true;
	}
	return false;
}
