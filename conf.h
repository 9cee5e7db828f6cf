/*
 * conf.h - read and check mnm.config.
 *
 * The file is one JSON object, as mnm.conf shows.  Keys that begin with '#'
 * are comments, at any depth.  An unknown key, a wrong type or an invalid
 * value is refused with "FILE:LINE: what is wrong".  Without a file every field
 * has the default that mnm.conf documents.
 */
#ifndef MNM_CONF_H
#define MNM_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CONF_FILE "mnm.config"	/* where a relay is started, and ... */
#define CONF_DATA "mnm-data"	/* the data directory, if it names none */

/* The numbering of ops that sessions may use (PROTOCOL.md). */
enum conf_ops { CONF_OPS_AUTO, CONF_OPS_2018, CONF_OPS_2020 };

/* Registration rules: see tmtp/register.h. */
enum conf_register {
	CONF_REGISTER_OPEN,
	CONF_REGISTER_INVITE,
	CONF_REGISTER_CLOSED
};

/*
 * Identity providers (OpenID Connect).  If the first one is empty, using one
 * is optional.  Lists are NULL-terminated.
 */
struct conf_provider {
	char *label;		/* for people; "" in an empty one */
	char **login, **token;	/* a URL, then parameters "name=value" */
	char **std;		/* more parameters of both */
	char *keys;		/* a file, or a directory of files */
	char *iss, *aud;	/* what its tokens must say */
	bool many;		/* a subject may register more than once */
};

#define CONF_LISTENERS 16	/* at most */
#define CONF_PATH_MAX  107	/* bytes: a Unix socket's path */

enum conf_net { CONF_TCP, CONF_TCP4, CONF_TCP6, CONF_UNIX };

/* One place to listen on. */
struct conf_listener {
	enum conf_net net;
	char *laddr;		/* "host:port", host may be empty or [v6];
				   or the path of a Unix socket */
	unsigned mode;		/* permissions of the Unix socket */
	char *group;		/* its group; "" = the process's */
	char *cert_path;	/* PEM; "": its own, in the data dir */
	char *key_path;
	bool tls;		/* only conf_is_local ones may lack it */
	bool http;		/* answer HTTP and WebSocket, too */
	bool ca;		/* only HTTP for the authority's certificate;
				   then tls is false */
	bool proxy;		/* expect a PROXY header */
	unsigned *lines;	/* conf.c's own */
};

/* The form of the log, and what of it is kept: words of base/log.h. */
enum conf_log { CONF_LOG_AUTO, CONF_LOG_TEXT, CONF_LOG_SYSLOG, CONF_LOG_JSON };
enum conf_log_level { CONF_LOG_INFO, CONF_LOG_WARNING, CONF_LOG_ERROR };

struct conf {
	enum conf_log log;
	enum conf_log_level log_level;
	char *name;		/* tmtprev's name; default the host's name */
	char **names;		/* by which clients reach it, for its own
				   certificate; NULL-terminated */
	char *data;		/* directory; default "mnm-data" */
	char *user;		/* root switches to it; "" = stay root */
	enum conf_ops ops;
	unsigned window;	/* messages in flight to one node at first */
	unsigned window_max;	/* ... and at most, if it acks fast */
	unsigned alias_min;	/* characters, 1..64 */
	enum conf_register registration;
	char **register_from;	/* networks; NULL-terminated; none: any */
	unsigned register_rate;	/* an hour from one source; 0: no limit */
	unsigned users_max;	/* 0: no limit */
	unsigned auth;		/* providers vouch for: 0 nobody, 1 those who
				   register, 2 ... and those who log in */
	struct conf_provider *authby;
	size_t authby_count;
	bool auth_replaces_invitation;
	unsigned pings_per_day;	/* of one user; 0: no limit */
	unsigned failed_pings_in_a_row;	/* likewise */
	unsigned groups_max;	/* that one user may make; 0: no limit */
	bool web;		/* the page is served */
	char **web_origins;	/* more pages that may connect, "https://host";
				   NULL-terminated */
	unsigned links_max;	/* connections at once */
	unsigned login_timeout;	/* milliseconds from accept to login */
	unsigned pulse_timeout;	/* milliseconds of silence that end a session */
	uint64_t message_max;	/* bytes of data in one message */
	uint64_t journal_size;	/* bytes the journal may grow to */
	uint64_t queue_max;	/* bytes that wait for one node */
	unsigned queue_messages_max;
	uint64_t member_max;	/* bytes of disk for what waits for a member */
	unsigned moderate_days;	/* until a post counts as rejected */
	unsigned resend_time;	/* milliseconds for which requests that are
				   sent again are recognised; 0: never */
	unsigned expire_days;	/* until a node counts as lost; 0: never */
	uint64_t disk_min;	/* bytes of disk kept free; 0: see datadir.h */
	bool confine;		/* see base/confine.h */
	struct conf_listener *listen;	/* from a file: at least one */
	size_t listen_count;
	char **proxy_from;	/* networks; NULL-terminated; none: nobody */
	char *push_contact;	/* whom push services may ask: "mailto:..." or
				   "https://..."; "": no device is woken */
	char **push_hosts;	/* services besides the known ones: "host" or
				   "*.domain", in lower case */
	char **ntp_hosts;	/* host or host:port; NULL-terminated */
	unsigned ntp_retries;	/* questions to each host after the first */
	unsigned *lines;	/* conf.c's own */
	char *path;		/* of the file, absolute; NULL: not a file */
};

/* Fill in the defaults.  Free with conf_free. */
void conf_default(struct conf *);
/*
 * Read path, unless it is NULL, over the defaults into *c.  On failure returns
 * -1, *c needs no freeing, and why is one sentence that begins with the path.
 * Paths in the file are relative to it, and are made relative to the working
 * directory.
 */
int conf_read(struct conf *, const char *path, char *why, size_t room);
/* The same, but all that is wrong is added to faults, a line for each. */
int conf_check(struct conf *, const char *path, struct buf *faults);
/*
 * The same for a text, whose name in sentences is path.  Paths in it are
 * relative to the working directory.
 */
int conf_parse(struct conf *, struct span text, const char *path, char *why,
    size_t room);
/* A second time, or of one that is all zero, it does nothing. */
void conf_free(struct conf *);
/* Forget where to listen: the relay serves its own process alone. */
void conf_listen_nowhere(struct conf *);
/*
 * The line of the file that gives "name" or "group.name"; 0 if none does.  For
 * the key of a listener, that of the last one.
 */
unsigned conf_line(const struct conf *, const char *key);
/* The same for "listen.name" of this one. */
unsigned conf_listener_line(const struct conf_listener *, const char *key);

/* Only this machine can reach it: a Unix socket, or a loopback address. */
bool conf_is_local(const struct conf_listener *);

#define CONF_HOST_TEXT 255	/* the longest host name of the DNS */
#define CONF_PORT_TEXT 5

/* The parts of an address; "" where one is missing. */
struct conf_address {
	char host[CONF_HOST_TEXT + 1];	/* without brackets */
	char port[CONF_PORT_TEXT + 1];	/* 0 to 65535, decimal */
};

/*
 * Split "host", "host:port", ":port", "[v6]", "[v6]:port" or "v6".
 * False if text has none of these forms.
 */
bool conf_split_address(const char *text, struct conf_address *);

#endif
