#include "net/names.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "conf.h"
#include "net/x509.h"

void
names_host(char name[NAMES_ROOM])
{
	if (gethostname(name, NAMES_ROOM) == -1)
		name[0] = '\0';
	name[NAMES_ROOM - 1] = '\0';
	if (!x509_is_name(name))
		(void)snprintf(name, NAMES_ROOM, "localhost");
}

/* No byte is sent: the system only chooses the way. */
static bool
find_route(char address[NAMES_ROOM])
{
	struct sockaddr_in own, far = { .sin_family = AF_INET,
	    .sin_port = htons(9) };
	socklen_t size = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool found;

	(void)inet_pton(AF_INET, "192.0.2.9", &far.sin_addr);	/* nobody's */
	found = fd != -1 &&
	    connect(fd, (struct sockaddr *)&far, sizeof(far)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
	    inet_ntop(AF_INET, &own.sin_addr, address, NAMES_ROOM) != NULL;
	if (fd != -1)
		(void)close(fd);
	return found;
}

void
names_reach(char name[NAMES_ROOM])
{
	char address[NAMES_ROOM];

	names_host(name);
	if (strchr(name, '.') == NULL && find_route(address))
		memcpy(name, address, NAMES_ROOM);
}

/* What no certificate can have, and what does not fit, is left out. */
static void
add(struct name_list *names, const char *name)
{
	size_t i;

	if (names->count == NAMES_MAX || !x509_is_name(name))
		return;
	for (i = 0; i < names->count; i++) {
		if (strcmp(names->text[i], name) == 0)
			return;
	}
	(void)snprintf(names->text[names->count], NAMES_ROOM, "%s", name);
	names->count++;
}

static int
add_configured(struct name_list *names, const struct conf *conf, char *why,
    size_t room)
{
	char **name;

	for (name = conf->names; *name != NULL; name++) {
		if (!x509_is_name(*name))
			return say_why(why, room, "names: \"%s\" is not a host "
			    "name or an IP address", *name);
		add(names, *name);
	}
	return 0;
}

/* Its own, and the one that finds it without a name server (mDNS). */
static void
add_host(struct name_list *names)
{
	char host[NAMES_ROOM], local[NAMES_ROOM + 6];

	names_host(host);
	add(names, host);
	if (strchr(host, '.') == NULL && strcmp(host, "localhost") != 0) {
		(void)snprintf(local, sizeof(local), "%s.local", host);
		add(names, local);
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
add_interfaces(struct name_list *names)
{
	struct ifaddrs *all, *i;
	const struct sockaddr_in *v4;
	char text[NAMES_ROOM];
	size_t first = names->count;

	if (getifaddrs(&all) == -1)
		return;		/* people can still use its name */
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
			continue;
		v4 = (const void *)i->ifa_addr;
		if (inet_ntop(AF_INET, &v4->sin_addr, text, INET_ADDRSTRLEN))
			add(names, text);
	}
	freeifaddrs(all);
	qsort(names->text[first], names->count - first, NAMES_ROOM, compare);
}

static bool
is_everywhere(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

static void
add_listener(struct name_list *names, const struct conf_listener *listener)
{
	struct conf_address listen;

	if (listener->net == CONF_UNIX ||
	    !conf_split_address(listener->laddr, &listen))
		return;
	if (is_everywhere(listen.host))
		add_interfaces(names);
	else
		add(names, listen.host);
}

int
names_find(struct name_list *names, const struct conf *conf, char *why,
    size_t room)
{
	size_t i;

	names->count = 0;
	if (add_configured(names, conf, why, room) == -1)
		return -1;
	add_host(names);
	add(names, "localhost");
	add(names, "127.0.0.1");
	add(names, "::1");
	for (i = 0; i < conf->listen_count; i++)
		add_listener(names, &conf->listen[i]);
	for (i = 0; i < names->count; i++)
		names->list[i] = names->text[i];
	names->list[i] = NULL;
	return 0;
}
