#include "push/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <bearssl_ssl.h>

#include "base/confine.h"
#include "base/fd.h"
#include "base/log.h"
#include "push/address.h"
#include "push/answer.h"
#include "push/roots.h"

#define PORT "443"
#define ADDRESSES_MAX 4		/* of a host, that are tried */
#define IO_TIME       15	/* seconds for a connect, or for some bytes */
#define FILES_MAX     64

#define DAY 86400
#define DAYS_TO_1970 719528	/* BearSSL counts days from the year 0 */

/* A request while it is under way. */
struct exchange {
	const struct sender_job *job;
	struct sender_result *result;
	const struct roots *roots;
	int fd;
	br_ssl_client_context client;
	br_x509_minimal_context x509;
	br_sslio_context io;
	unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
	char answer[ANSWER_MAX];
};

/* Why there is no answer; returns -1. */
__attribute__((format(printf, 2, 3)))
static int
fail(struct exchange *x, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(x->result->why, sizeof(x->result->why), format, args);
	va_end(args);
	return -1;
}

/* ---- the connection ---- */

static int
connect_to(const struct addrinfo *to)
{
	const struct timeval limit = { .tv_sec = IO_TIME };
	int fd = socket(to->ai_family, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit)) == 0 &&
	    connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		return fd;
	return fd_close(fd);
}

/* What is checked is what is connected to: no name is looked up twice. */
static int
connect_host(struct exchange *x, const struct addrinfo *list)
{
	const struct addrinfo *to;
	int tried = 0;

	for (to = list; to != NULL && tried < ADDRESSES_MAX;
	    to = to->ai_next) {
		if (!address_is_public(to->ai_addr))
			continue;
		tried++;
		x->fd = connect_to(to);
		if (x->fd != -1)
			return 0;
	}
	if (tried == 0)
		return fail(x, "it has only private addresses");
	return fail(x, "cannot connect: %s", strerror(errno));
}

static int
open_connection(struct exchange *x)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list;
	int error, result;

	error = getaddrinfo(x->job->host, PORT, &hints, &list);
	if (error != 0)
		return fail(x, "it cannot be looked up: %s",
		    error == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(error));
	result = connect_host(x, list);
	freeaddrinfo(list);
	return result;
}

/* ---- TLS ---- */

static const uint16_t suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
};

static void
set_engine(br_ssl_engine_context *engine)
{
	static const char *protocols[] = { "http/1.1" };

	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(engine, suites,
	    sizeof(suites) / sizeof(suites[0]));
	br_ssl_engine_set_default_ec(engine);
	br_ssl_engine_set_default_rsavrfy(engine);
	br_ssl_engine_set_default_ecdsa(engine);
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(engine);
	br_ssl_engine_set_default_chapol(engine);
	br_ssl_engine_set_all_flags(engine, BR_OPT_NO_RENEGOTIATION);
	br_ssl_engine_set_protocol_names(engine, protocols, 1);
}

static void
set_x509(struct exchange *x)
{
	br_x509_minimal_context *c = &x->x509;

	br_x509_minimal_init(c, &br_sha256_vtable, x->roots->anchors,
	    x->roots->count);
	br_x509_minimal_set_rsa(c, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(c, br_ec_get_default(),
	    br_ecdsa_vrfy_asn1_get_default());
	br_x509_minimal_set_hash(c, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(c, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(c, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_minrsa(c, 2048 / 8);
	br_x509_minimal_set_time(c, (uint32_t)(x->job->now / DAY +
	    DAYS_TO_1970), (uint32_t)(x->job->now % DAY));
	br_ssl_engine_set_x509(&x->client.eng, &c->vtable);
}

static int
receive(void *context, unsigned char *dst, size_t room)
{
	const struct exchange *x = context;
	ssize_t n = fd_recv(x->fd, (char *)dst, room);

	return n > 0 ? (int)n : -1;
}

static int
transmit(void *context, const unsigned char *src, size_t n)
{
	const struct exchange *x = context;
	ssize_t sent = fd_send(x->fd, (struct span){ (const char *)src, n });

	return sent > 0 ? (int)sent : -1;
}

static int
fail_tls(struct exchange *x)
{
	int error = br_ssl_engine_last_error(&x->client.eng);

	switch (error) {
	case BR_ERR_OK:
	case BR_ERR_IO:
		return fail(x, "the connection was lost");
	case BR_ERR_X509_NOT_TRUSTED:
		return fail(x, "this system trusts no authority that has "
		    "signed its certificate");
	case BR_ERR_X509_BAD_SERVER_NAME:
		return fail(x, "its certificate is for another name");
	case BR_ERR_X509_EXPIRED:
		return fail(x, "its certificate has expired, or our clock is "
		    "wrong");
	default:
		return fail(x, "TLS error %d", error);
	}
}

/* ---- HTTP ---- */

/* What is left when the service hangs up may be enough. */
static int
read_answer(struct exchange *x)
{
	struct answer answer;
	size_t have = 0;
	int n, state = 0;

	while (state == 0 && have < ANSWER_MAX) {
		n = br_sslio_read(&x->io, x->answer + have, ANSWER_MAX - have);
		if (n <= 0)
			return fail_tls(x);
		have += (size_t)n;
		state = answer_read(&answer, (struct span){ x->answer, have },
		    x->job->now);
	}
	if (state != 1)
		return fail(x, "its answer is not HTTP");
	x->result->status = answer.status;
	x->result->retry_after = answer.retry_after;
	x->result->date = answer.date;
	return 0;
}

static int
talk(struct exchange *x)
{
	const struct sender_job *job = x->job;

	if (x->roots->count == 0)
		return fail(x, "this system has no certificates of "
		    "authorities: install ca-certificates");
	if (open_connection(x) == -1)
		return -1;
	br_ssl_client_zero(&x->client);
	set_engine(&x->client.eng);
	set_x509(x);
	br_ssl_engine_set_buffer(&x->client.eng, x->buffer, sizeof(x->buffer),
	    1);
	if (!br_ssl_client_reset(&x->client, job->host, 0))
		return fail_tls(x);
	br_sslio_init(&x->io, &x->client.eng, receive, x, transmit, x);
	if (br_sslio_write_all(&x->io, job->request, job->length) != 0 ||
	    br_sslio_flush(&x->io) != 0)
		return fail_tls(x);
	return read_answer(x);
}

/* ---- processes ---- */

/*
 * The parent's handlers write to a pipe that it reads.  What ends the relay
 * ends this process, too, as its socket is closed then.
 */
static void
reset_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP,
	    SIGPIPE };
	struct sigaction action = { .sa_handler = SIG_IGN };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)sigaction(ignored[i], &action, NULL);
	/* Nobody waits for the children. */
	(void)sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = SIG_DFL;
	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(0);
}

/*
 * None of the relay's connections, files and locks may live on in here.  What
 * libraries print goes nowhere.
 */
static void
drop_descriptors(int keep)
{
	struct rlimit limit = { .rlim_cur = 65536 };
	int fd, last;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	last = limit.rlim_cur > 1 << 20 ? 1 << 20 : (int)limit.rlim_cur;
	for (fd = 0; fd < last; fd++) {
		if (fd != keep)
			(void)close(fd);
	}
	(void)open("/dev/null", O_RDWR);
	(void)dup2(0, 1);
	(void)dup2(0, 2);
}

/* It writes no file, leaves no core with keys, and needs few descriptors. */
static void
set_limits(void)
{
	static const struct rlimit none = { 0, 0 };
	static const struct rlimit files = { FILES_MAX, FILES_MAX };

	(void)setrlimit(RLIMIT_FSIZE, &none);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

void
sender_allow(const struct confine *c)
{
	confine_allow(c, CONFINE_NAMES, NULL);
	roots_allow(c);
	confine_allow(c, CONFINE_ONLY, "/dev/null");
	confine_allow(c, CONFINE_ONLY, "/dev/urandom");
}

/* It needs no file of the relay. */
static void
confine_sender(void)
{
	struct confine c;

	confine_begin(&c);
	sender_allow(&c);
	(void)confine_end(&c, CONFINE_SENDER);
}

static void
report(int fd, const struct sender_result *result)
{
	(void)send(fd, result, sizeof(*result), MSG_NOSIGNAL);
}

__attribute__((noreturn))
static void
run(int fd, const struct sender_job *job, const struct roots *roots)
{
	static struct exchange x;
	struct sender_result result = { .number = job->number };

	(void)alarm(SENDER_TIME);
	x.job = job;
	x.result = &result;
	x.roots = roots;
	(void)talk(&x);		/* the result says how it went */
	report(fd, &result);
	_Exit(0);
}

__attribute__((noreturn))
static void
serve(int fd)
{
	static struct sender_job job;
	struct sender_result result;
	struct roots roots = { .count = 0 };
	ssize_t n;
	pid_t pid;

	for (;;) {
		n = recv(fd, &job, sizeof(job), 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(job))
			_Exit(0);	/* the relay has ended */
		roots_refresh(&roots);
		pid = fork();
		if (pid == 0)
			run(fd, &job, &roots);
		if (pid == -1) {
			result = (struct sender_result){ .number = job.number };
			(void)say_why(result.why, sizeof(result.why),
			    "no process can be made: %s", strerror(errno));
			report(fd, &result);
		}
	}
}

int
sender_start(pid_t *pid, enum sender_confined confined)
{
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == -1)
		return -1;
	if (fd_set_nonblocking(ends[0]) == 0) {
		*pid = fork();
		if (*pid == 0) {
			reset_signals();
			drop_descriptors(ends[1]);
			set_limits();
			if (confined == SENDER_CONFINED)
				confine_sender();
			serve(ends[1]);
		}
		if (*pid != -1) {
			(void)fd_close(ends[1]);
			return ends[0];
		}
	}
	error = errno;
	(void)fd_close(ends[0]);
	(void)fd_close(ends[1]);
	errno = error;
	return -1;
}
