/*
 * road.so - for LD_PRELOAD: the way to push services of a test.
 *
 * Hosts that end in ".push.test" are looked up here, and have addresses of the
 * Internet, or others.  A connection to 1.2.3.4 leads to port ROAD_GOOD of
 * this machine, one to 1.2.3.5 to port ROAD_BAD.  ROAD_LOG names a file of at
 * least ROAD_LOG_SIZE bytes, in which every address that is connected to
 * becomes a line.  It has no effect on a statically linked program.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROAD_LOG_SIZE 65536
#define LINE 64

static const struct {
	const char *host;
	const char *addresses[2];
} hosts[] = {
	{ "web.push.test", { "1.2.3.4", NULL } },
	{ "wrong.push.test", { "1.2.3.4", NULL } },
	{ "bad.push.test", { "1.2.3.5", NULL } },
	{ "mixed.push.test", { "10.0.0.1", "1.2.3.4" } },
	{ "private.push.test", { "10.1.2.3", "192.168.0.1" } },
	{ "loop.push.test", { "127.0.0.1", "::1" } },
	{ "mapped.push.test", { "::ffff:127.0.0.1", NULL } },
	{ "sixtofour.push.test", { "2002:7f00:1::1", NULL } }
};

/* Set once, before main; the sender may write no file, but memory. */
static char *lines;

__attribute__((constructor)) static void
set_up(void)
{
	const char *path = getenv("ROAD_LOG");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *page;

	if (fd == -1)
		return;
	page = mmap(NULL, ROAD_LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	(void)close(fd);	/* the mapping stays */
	if (page != MAP_FAILED)
		lines = page;
}

/* The first line's first bytes are the count; each process adds its own. */
static void
note(const char *address)
{
	unsigned at;

	if (lines == NULL)
		return;
	at = 1 + atomic_fetch_add((_Atomic unsigned *)(void *)lines, 1);
	if (at < ROAD_LOG_SIZE / LINE)
		(void)strncpy(lines + at * LINE, address, LINE - 1);
}

typedef int look_up(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);
typedef int link_up(int, const struct sockaddr *, socklen_t);

int
getaddrinfo(const char *restrict host, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
	look_up *real = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo **end = list;
	size_t i, j;
	int error;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (host == NULL || strcmp(host, hosts[i].host) != 0)
			continue;
		for (j = 0; j < 2 && hosts[i].addresses[j] != NULL; j++) {
			error = real(hosts[i].addresses[j], service, hints,
			    end);
			if (error != 0)
				return error;
			end = &(*end)->ai_next;
		}
		return 0;
	}
	return real(host, service, hints, list);
}

int
connect(int fd, const struct sockaddr *address, socklen_t size)
{
	link_up *real = (link_up *)dlsym(RTLD_NEXT, "connect");
	struct sockaddr_in to;
	struct sockaddr_in6 to6;
	char text[INET6_ADDRSTRLEN] = "";
	const char *port = NULL;

	if (address->sa_family == AF_INET) {
		memcpy(&to, address, sizeof(to));
		(void)inet_ntop(AF_INET, &to.sin_addr, text, sizeof(text));
	} else if (address->sa_family == AF_INET6) {
		memcpy(&to6, address, sizeof(to6));
		(void)inet_ntop(AF_INET6, &to6.sin6_addr, text, sizeof(text));
	} else {
		return real(fd, address, size);
	}
	note(text);
	if (strcmp(text, "1.2.3.4") == 0)
		port = getenv("ROAD_GOOD");
	else if (strcmp(text, "1.2.3.5") == 0)
		port = getenv("ROAD_BAD");
	if (port == NULL || to.sin_port != htons(443))
		return real(fd, address, size);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((unsigned short)atoi(port));
	return real(fd, (const struct sockaddr *)&to, sizeof(to));
}
