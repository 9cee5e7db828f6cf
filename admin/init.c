#include "admin/init.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/output.h"
#include "admin/process.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/subnet.h"
#include "conf.h"
#include "disk/file.h"
#include "json.h"
#include "net/identity.h"

/* What is under way. */
struct making {
	const struct init *init;
	struct conf conf;
	bool was_root;		/* and is somebody else now */
};

/* Append the absolute path of a directory, which is created, and a NUL. */
static int
find_path(struct buf *path, const char *dir)
{
	size_t n = strlen(dir);
	char here[PATH_MAX];

	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return -1;
	if (dir[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return -1;
		buf_addf(path, "%s", here);
		if (strcmp(dir, ".") == 0)
			return 0;
		buf_add_byte(path, '/');
	}
	while (n > 1 && dir[n - 1] == '/')
		n--;
	buf_addf(path, "%.*s", (int)n, dir);
	return 0;
}

/* A word of a command for the shell. */
static void
add_word(struct buf *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
		buf_add(to, span_of(word));
	else
		buf_add_quoted(to, span_of(word));
}

/* The program as it can be called again, by this user or through sudo. */
static void
add_program(struct buf *to, const struct making *m, const char *config)
{
	const char *caller = getenv("SUDO_UID");
	const struct passwd *user = getpwuid(geteuid());

	if (geteuid() != 0 && (m->was_root ||
	    (caller != NULL && strtoul(caller, NULL, 10) != geteuid()))) {
		buf_addf(to, "sudo -u ");
		if (user != NULL)
			add_word(to, user->pw_name);
		else
			buf_addf(to, "'#%lu'", (unsigned long)geteuid());
		buf_add_byte(to, ' ');
	}
	add_word(to, m->init->program);
	buf_addf(to, " -c ");
	add_word(to, config);
}

/* Where to listen, without the port: host may lead to this machine alone. */
static const char *
listen_host(const char *host)
{
	static const char zone[] = ".localhost";
	size_t n = strlen(host);
	struct subnet net;

	if (strcasecmp(host, zone + 1) == 0 || (n > strlen(zone) &&
	    strcasecmp(host + n - strlen(zone), zone) == 0))
		return "localhost";
	if (!subnet_parse(&net, host) || !subnet_is_loopback(&net))
		return "";
	if (strchr(host, ':') == NULL)
		return host;
	return strchr(host, '.') == NULL ? "[::1]" : "127.0.0.1";
}

/* Host is "" if none is known besides the machine's own names. */
static void
write_config(struct buf *text, const char *dir, const char *host, unsigned port)
{
	const char *there = listen_host(host);
	struct buf data = { NULL, 0, 0 }, quoted = { NULL, 0, 0 };
	struct buf names = { NULL, 0, 0 };

	buf_addf(&data, "%s/" CONF_DATA, dir);
	json_put_string(&quoted, NULL, buf_span(&data));
	if (host[0] != '\0')
		json_put_string(&names, NULL, span_of(host));
	buf_addf(text, "{\n"
	    "  \"#\": \"The settings of this relay; mnm.conf(5) describes all "
	    "settings.\",\n\n"
	    "  \"# name\": \"The name that clients show; empty: the host's "
	    "name.\",\n"
	    "  \"name\": \"\",\n\n"
	    "  \"# names\": \"By which people reach this machine; the first "
	    "one is shown to them.\",\n"
	    "  \"names\": [%.*s],\n\n"
	    "  \"data\": %.*s,\n\n"
	    "  \"# listen\": [\n"
	    "    \"%s\",\n"
	    "    \"Set certPath and keyPath to use a certificate from an "
	    "authority.\"\n  ],\n"
	    "  \"listen\": {\n"
	    "    \"net\": \"tcp\",\n"
	    "    \"laddr\": \"%s:%u\",\n"
	    "    \"certPath\": \"\",\n"
	    "    \"keyPath\": \"\"\n  },\n\n"
	    "  \"# ntp\": \"Time servers, for machines without a clock "
	    "battery.\",\n"
	    "  \"ntp\": {\n"
	    "    \"hosts\": [],\n"
	    "    \"#hosts\": [\"0.pool.ntp.org\", \"1.pool.ntp.org\"],\n"
	    "    \"retries\": 2\n  },\n\n"
	    "  \"# register\": [\n"
	    "    \"Who may register.  open: anybody; invite: people invited "
	    "with\",\n"
	    "    \"mnm invite or admitted with mnm approve; closed: "
	    "nobody.\"\n  ],\n"
	    "  \"register\": \"invite\",\n"
	    "  \"#register_from\": [\"192.168.0.0/16\"],\n\n"
	    "  \"# alias_min\": \"Minimum length of an alias; long ones are "
	    "hard to guess.\",\n"
	    "  \"alias_min\": 8,\n\n"
	    "  \"# pings_per_day\": \"Limits for each member; 0: no "
	    "limit.\",\n"
	    "  \"pings_per_day\": 100,\n"
	    "  \"failed_pings_in_a_row\": 10,\n\n"
	    "  \"# queue_max\": [\n"
	    "    \"How much may wait for each device, and how large one "
	    "message may be.\",\n"
	    "    \"Messages for a device that was away for expire_days are "
	    "deleted; 0: never.\"\n  ],\n"
	    "  \"queue_max\": \"256M\",\n"
	    "  \"message_max\": \"64M\",\n"
	    "  \"expire_days\": 365\n}\n",
	    (int)names.n, names.n > 0 ? names.p : "", (int)quoted.n, quoted.p,
	    there[0] != '\0' ? "Only this machine can connect.  Leave out the "
	    "host for all who can reach it." :
	    "Everybody who can reach this machine can connect.", there, port);
	buf_free(&names);
	buf_free(&data);
	buf_free(&quoted);
}

/* A line for people, or a cell for scripts. */
static void
put(const struct making *m, const char *key, const char *label,
    struct span text)
{
	struct output *out = m->init->out;

	if (out->json)
		output_text(out, key, text);
	else
		output_say(out, "%-20s %.*s", label, (int)text.n, text.p);
}

/* Others must be able to reach it. */
static void
put_hints(const struct making *m)
{
	const struct conf_listener *l = identity_listener(&m->conf);
	const char *host = m->conf.names[0];
	struct conf_address address, name;
	struct subnet net;

	if (conf_is_local(l) || !conf_split_address(l->laddr, &address))
		return;
	output_say(m->init->out, "Firewall:            let TCP port %s in, and "
	    "forward it in a router", address.port);
	if (host != NULL && strcmp(host, "localhost") != 0 &&
	    conf_split_address(host, &name) && !subnet_parse(&net, name.host))
		output_say(m->init->out, "DNS:                 %s must lead to "
		    "this machine", host);
}

/* What clients need to connect. */
static void
put_identity(const struct making *m, const struct identity *id)
{
	char address[IDENTITY_ADDRESS];

	identity_address(address, &m->conf, &id->cert);
	put(m, "address", "address for clients", span_of(address));
	put(m, "fingerprint", "certificate SHA-256",
	    span_of(id->cert.fingerprint));
}

static void
put_all(const struct making *m, const char *config, const struct identity *id)
{
	struct buf command = { NULL, 0, 0 };

	if (m->init->out->json) {
		output_table(m->init->out, "init");
		output_row(m->init->out);
	}
	put(m, "config", "configuration", span_of(config));
	put(m, "data", "data directory", span_of(m->conf.data));
	put_identity(m, id);
	if (!m->init->out->json)
		put_hints(m);
	add_program(&command, m, config);
	put(m, "start", "Start the relay:", buf_span(&command));
	buf_add(&command, SPAN(" invite 'Alice Smith'"));
	put(m, "invite", "For each member:", buf_span(&command));
	if (m->init->out->json)
		put_hints(m);
	buf_free(&command);
}

/*
 * Root makes files for the owner of path, and becomes that user; the
 * configuration, if it is there already, goes to the same.
 */
static int
work_as_owner(struct making *m, const char *path, const char *config)
{
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) == -1 || st.st_uid == 0)
		return 0;
	if (config != NULL && lchown(config, st.st_uid, st.st_gid) == -1)
		return say_why(m->init->why, m->init->room, "%s: %s", config,
		    strerror(errno));
	m->was_root = true;
	return process_become_owner(path, m->init->why, m->init->room);
}

/* Read the configuration back, and create what it names. */
static int
make_rest(struct making *m, const char *config)
{
	const struct init *init = m->init;
	struct identity id;
	int result = -1;

	if (conf_read(&m->conf, config, init->why, init->room) == -1)
		return -1;
	/* An existing one may be a backup: its contents are kept. */
	if (mkdir(m->conf.data, 0700) == -1 && errno != EEXIST)
		(void)say_why(init->why, init->room, "%s: %s", m->conf.data,
		    strerror(errno));
	else if (work_as_owner(m, m->conf.data, config) == 0)
		result = identity_read(&id, &m->conf,
		    identity_listener(&m->conf), IDENTITY_MAKE, init->now,
		    init->why, init->room);
	if (result == 0) {
		put_all(m, config, &id);
		identity_free(&id);
	}
	conf_free(&m->conf);
	return result;
}

/* Ask a person at a terminal; answer is "" if there is none. */
static void
ask_host(char *answer, size_t room)
{
	answer[0] = '\0';
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	printf("Name by which people reach this machine, like "
	    "chat.example.org\n(empty: its addresses): ");
	(void)fflush(stdout);
	if (fgets(answer, (int)room, stdin) == NULL)
		answer[0] = '\0';
	answer[strcspn(answer, " \t\r\n")] = '\0';
}

/* Create the configuration path.p in dir, and the rest. */
static int
make_config(struct making *m, const struct buf *path, const struct buf *text)
{
	int result;

	if (file_create(path->p, 0600, buf_span(text)) == -1)
		return say_why(m->init->why, m->init->room, "%s: %s", path->p,
		    strerror(errno));
	result = make_rest(m, path->p);
	if (result == -1)
		(void)unlink(path->p);	/* it was never used */
	return result;
}

/* The name of the configuration in its directory; free *dir. */
static const char *
split_config(const struct init *init, char **dir)
{
	const char *slash = init->config == NULL ? NULL :
	    strrchr(init->config, '/');

	if (slash == NULL) {
		*dir = xcopy(span_of(init->dir != NULL ? init->dir : "."));
		return init->config != NULL ? init->config : CONF_FILE;
	}
	*dir = xcopy((struct span){ init->config, slash == init->config ? 1 :
	    (size_t)(slash - init->config) });
	return slash + 1;
}

static int
check_host(const struct init *init, const char *host)
{
	if (host == NULL || host[0] == '\0' || identity_is_host(host))
		return 0;
	return say_why(init->why, init->room, "--host: \"%s\" is not a host "
	    "name or an IP address", host);
}

int
init_make(const struct init *init)
{
	struct making m = { .init = init };
	struct buf path = { NULL, 0, 0 }, text = { NULL, 0, 0 };
	char host[CONF_HOST_TEXT + 2] = "", *dir;
	const char *file = split_config(init, &dir);
	struct stat st;
	int result = check_host(init, init->host);

	if (result == 0 && (result = find_path(&path, dir)) == -1)
		(void)say_why(init->why, init->room, "%s: %s", dir,
		    strerror(errno));
	free(dir);
	if (result == -1)
		return -1;
	buf_addf(&text, "%s/%s", path.p, file);
	if (lstat(text.p, &st) == 0) {
		result = say_why(init->why, init->room, "there is a "
		    "configuration already, which stays as it is: %s", text.p);
	} else {
		if (init->host == NULL && !init->out->json)
			ask_host(host, sizeof(host));
		result = check_host(init, host);
		text.n = 0;
		write_config(&text, path.p, init->host != NULL ? init->host :
		    host, init->port != 0 ? init->port : INIT_PORT);
		if (result == 0)
			result = work_as_owner(&m, path.p, NULL);
		buf_addf(&path, "/%s", file);
		if (result == 0)
			result = make_config(&m, &path, &text);
	}
	buf_free(&path);
	buf_free(&text);
	return result;
}

/* The same for the configuration of this path. */
static int
renew(const struct init *init, const char *config)
{
	struct making m = { .init = init };
	struct identity id;
	int result;

	if (conf_read(&m.conf, config, init->why, init->room) == -1)
		return -1;
	result = process_use_data(m.conf.data, init->why, init->room);
	if (result == 0)
		result = identity_put_aside(&m.conf, init->why, init->room);
	if (result == 0)
		result = identity_read(&id, &m.conf,
		    identity_listener(&m.conf), IDENTITY_MAKE, init->now,
		    init->why, init->room);
	if (result == 0) {
		if (init->out->json) {
			output_table(init->out, "init");
			output_row(init->out);
		}
		put_identity(&m, &id);
		output_say(init->out, "Reload or restart the relay.  Clients "
		    "and devices must trust this one instead of the\none "
		    "before, which is kept as %s.old.", id.cert_path);
		identity_free(&id);
	}
	conf_free(&m.conf);
	return result;
}

int
init_renew(const struct init *init, const char *config)
{
	struct buf path = { NULL, 0, 0 };
	int result;

	if (init->host != NULL)
		return say_why(init->why, init->room, "--host is for a new "
		    "configuration: in this one, set \"names\"");
	if (init->port != 0)
		return say_why(init->why, init->room, "--port is for a new "
		    "configuration: in this one, set \"laddr\"");
	if (init->dir == NULL)
		return renew(init, config);
	buf_addf(&path, "%s/" CONF_FILE, init->dir);
	buf_add_byte(&path, '\0');
	result = renew(init, path.p);
	buf_free(&path);
	return result;
}
