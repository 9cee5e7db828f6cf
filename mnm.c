/*
 * mnm - a relay for the Trusted Messaging Transfer Protocol.
 *
 * main below is the order of start and stop.  The port is bound and a key that
 * conf names is read before root is given up; the data directory is opened
 * after that, so that all that is made there belongs to the one who serves.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "cert.h"
#include "conf.h"
#include "data.h"
#include "log.h"
#include "net.h"
#include "ntp.h"
#include "root.h"
#include "server.h"

#define VERSION "0.1"
#define CONFIG  "mnm.config"

#define WHY_ROOM   512	/* one sentence */
#define HOST_ROOM  256	/* the longest name of a host, and a NUL */
#define EXIT_USAGE 2

/* What signals write to and the loop reads from, so that none is missed. */
static int wake_in = -1;

static void
usage(FILE *to)
{
	fputs("usage: mnm [-c FILE]\n"
	    "       mnm -V | -h\n"
	    "Relays messages between members.  FILE is the configuration,\n"
	    "./" CONFIG " unless told otherwise; mnm.conf is an example of it,\n"
	    "and without one the relay serves this machine alone.\n", to);
}

/* Returns the configuration that was asked for, or NULL. */
static const char *
read_arguments(int argc, char **argv)
{
	const char *config = NULL;
	int option;

	while ((option = getopt(argc, argv, "c:Vh")) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'V':
			puts("mnm " VERSION);
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mnm: unknown argument: %s\n", argv[optind]);
		usage(stderr);
		exit(EXIT_USAGE);
	}
	return config;
}

/* A file that was asked for must be there; ./mnm.config need not be. */
static void
read_conf(struct conf *conf, const char *path)
{
	char why[WHY_ROOM];

	if (path == NULL && access(CONFIG, F_OK) == -1 && errno == ENOENT) {
		conf_default(conf);
		return;
	}
	if (conf_read(conf, path != NULL ? path : CONFIG, why,
	    sizeof(why)) == -1)
		die("%s", why);
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) == -1)
		die("cannot read the clock: %s", strerror(errno));
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * How many milliseconds the system's clock is behind what a time server says,
 * when it matters; 0 when nobody answers.
 */
static int64_t
ask_time(const struct conf *conf)
{
	struct ntp_answer answer;
	int64_t behind;
	char **host;

	for (host = conf->ntp_hosts; *host != NULL; host++) {
		if (ntp_ask(&answer, *host, conf->ntp_retries, NTP_WAIT) == 0)
			break;
		log_line("ntp: %s", answer.why);
	}
	if (*host == NULL) {
		if (conf->ntp_hosts[0] != NULL)
			log_line("ntp: no host answers; the system's clock is "
			    "trusted");
		return 0;
	}
	behind = (int64_t)(answer.wall / 1000000) - clock_ms();
	if (behind <= 1000 && behind >= -1000)
		return 0;
	log_line("ntp: the system's clock is %lld s off; %s is believed",
	    (long long)(behind / 1000), *host);
	return behind;
}

/* What a certificate can say, and a client can look up. */
static bool
is_plain_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:")] == '\0';
}

static void
host_name(char name[HOST_ROOM])
{
	if (gethostname(name, HOST_ROOM) == -1)
		name[0] = '\0';
	name[HOST_ROOM - 1] = '\0';
	if (!is_plain_name(name))
		snprintf(name, HOST_ROOM, "localhost");
}

static size_t
add_name(const char **names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return n;
	}
	names[n] = name;
	return n + 1;
}

/* Every name by which clients may know this machine. */
static void
make_cert(const char *cert_path, const char *key_path,
    const struct conf *conf, uint64_t now)
{
	const char *names[6] = { NULL };
	char host[HOST_ROOM], why[WHY_ROOM];
	struct conf_address listen;
	size_t n = 0;

	host_name(host);
	n = add_name(names, n, host);
	n = add_name(names, n, "localhost");
	n = add_name(names, n, "127.0.0.1");
	n = add_name(names, n, "::1");
	if (conf_split_address(conf->listen_laddr, &listen) &&
	    is_plain_name(listen.host))
		add_name(names, n, listen.host);
	if (cert_make(cert_path, key_path, names, now, why, sizeof(why)) == -1)
		die("%s", why);
	log_line("made a certificate, %s, and its key, %s", cert_path,
	    key_path);
}

static void
load_cert(struct cert *cert, const char *cert_path, const char *key_path,
    uint64_t now)
{
	char why[WHY_ROOM];

	if (cert_read(cert, cert_path, key_path, now, why, sizeof(why)) == -1)
		die("%s", why);
}

/*
 * The pair in the data directory is made when it is not there.  A certificate
 * that lost its key is left alone: clients may have come to trust it.
 */
static void
load_own_cert(struct cert *cert, const struct conf *conf, uint64_t now)
{
	struct buf cert_path = { NULL, 0, 0 }, key_path = { NULL, 0, 0 };

	buf_addf(&cert_path, "%s/cert.pem", conf->data);
	buf_addf(&key_path, "%s/key.pem", conf->data);
	if (access(cert_path.p, F_OK) == -1 && errno == ENOENT)
		make_cert(cert_path.p, key_path.p, conf, now);
	else if (access(key_path.p, F_OK) == -1 && errno == ENOENT)
		die("%s is there without %s: put the key back, or remove the "
		    "certificate and both are made anew", cert_path.p,
		    key_path.p);
	load_cert(cert, cert_path.p, key_path.p, now);
	buf_free(&cert_path);
	buf_free(&key_path);
}

static bool
is_wildcard(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

/* What one has to know to use the relay, or to let others use it. */
static void
print_welcome(const struct conf *conf, const struct cert *cert)
{
	struct conf_address listen;
	char host[HOST_ROOM];
	bool is_v6;

	if (!conf_split_address(conf->listen_laddr, &listen))
		return;
	host_name(host);
	if (!is_wildcard(listen.host))
		snprintf(host, sizeof(host), "%s", listen.host);
	is_v6 = strchr(host, ':') != NULL;
	printf("address for clients  =%s%s%s:%s\n", is_v6 ? "[" : "", host,
	    is_v6 ? "]" : "", listen.port);
	printf("certificate SHA-256  %s\n", cert->fingerprint);
	printf("data directory       %s\n", conf->data);
	if (net_is_loopback(listen.host))
		printf("Only this machine can reach it.  To serve others, copy "
		    "mnm.conf to " CONFIG "\nand set listen.laddr there, for "
		    "example to \":443\".\n");
	/* Whoever reads it may be gone; that is no reason to stop. */
	(void)fflush(stdout);
}

/* A full pipe means that the loop has enough to wake it. */
static void
take_signal(int number)
{
	unsigned char octet = (unsigned char)number;
	int error = errno;

	if (write(wake_in, &octet, 1) == -1)
		errno = error;
}

static void
set_signal(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	if (sigaction(number, &action, NULL) == -1)
		die("cannot catch signal %d: %s", number, strerror(errno));
}

static void
set_flags(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		die("cannot set up a pipe: %s", strerror(errno));
}

/* Returns what becomes readable when a signal has come: its number. */
static int
catch_signals(void)
{
	int ends[2];

	if (pipe(ends) == -1)
		die("cannot make a pipe: %s", strerror(errno));
	set_flags(ends[0]);
	set_flags(ends[1]);
	wake_in = ends[1];
	set_signal(SIGINT, take_signal);
	set_signal(SIGTERM, take_signal);
	set_signal(SIGHUP, take_signal);
	return ends[0];
}

/* Serve until a signal says stop; returns -1 with errno as server_run. */
static int
serve(struct server *sv, int wake)
{
	unsigned char number;

	while (server_run(sv, wake) == 0) {
		while (read(wake, &number, 1) == 1) {
			if (number != SIGHUP)
				return server_stop(sv);
			log_line("SIGHUP: the configuration is read at start "
			    "only");
		}
	}
	return -1;
}

static void
open_data(struct data *data, const struct conf *conf)
{
	char why[WHY_ROOM];

	if (data_open(data, conf->data, conf->journal_size, why,
	    sizeof(why)) == -1)
		die("%s", why);
	if (syncer_start(data->syncer) == -1)
		die("cannot start a thread: %s", strerror(errno));
}

int
main(int argc, char **argv)
{
	char why[WHY_ROOM];
	struct conf conf;
	struct cert cert;
	struct data data;
	struct server *sv;
	int64_t clock_offset;
	uint64_t seconds;
	int wake, result;

	umask(077);
	set_signal(SIGPIPE, SIG_IGN);
	read_conf(&conf, read_arguments(argc, argv));
	sv = server_open(&conf, why, sizeof(why));
	if (sv == NULL)
		die("%s", why);
	clock_offset = ask_time(&conf);
	seconds = (uint64_t)(clock_ms() + clock_offset) / 1000;
	if (conf.listen_cert_path[0] != '\0')
		load_cert(&cert, conf.listen_cert_path, conf.listen_key_path,
		    seconds);
	root_give_up(&conf);
	open_data(&data, &conf);
	if (conf.listen_cert_path[0] == '\0')
		load_own_cert(&cert, &conf, seconds);
	wake = catch_signals();
	server_start(sv, &data, &cert, clock_offset);
	print_welcome(&conf, &cert);

	result = serve(sv, wake);
	if (result == -1)
		die("cannot store what comes: %s", strerror(errno));
	server_close(sv);
	if (data_close(&data) == -1)
		die("%s: %s", conf.data, strerror(errno));
	cert_free(&cert);
	conf_free(&conf);
	log_line("stopped");
	return 0;
}
