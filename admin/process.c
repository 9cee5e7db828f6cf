/* For initgroups, which POSIX lacks. */
#define _DEFAULT_SOURCE

#include "admin/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf.h"
#include "disk/file.h"

/* ---- root ---- */

/*
 * The data directory must belong to the user who will serve: a relay that can
 * read but not write would stop at the first message.
 */
static int
claim_data(const char *path, const struct passwd *user, char *why, size_t room)
{
	const char *name = user->pw_name;
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return lchown(path, user->pw_uid, user->pw_gid) == 0 ? 0 :
		    say_why(why, room, "cannot give %s to %s: %s", path, name,
		    strerror(errno));
	if (stat(path, &st) == -1)
		return say_why(why, room, "cannot make %s: %s", path,
		    strerror(errno));
	return st.st_uid == user->pw_uid ? 0 : say_why(why, room, "%s does not "
	    "belong to %s: chown -R %s %s", path, name, name, path);
}

int
process_become_owner(const char *path, char *why, size_t room)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(path, &st) == -1)
		return say_why(why, room, "%s: %s", path, strerror(errno));
	if (setgroups(1, &st.st_gid) == -1 || setgid(st.st_gid) == -1 ||
	    setuid(st.st_uid) == -1)
		return say_why(why, room, "cannot become the owner of %s: %s",
		    path, strerror(errno));
	return 0;
}

int
process_use_data(const char *data, char *why, size_t room)
{
	if (access(data, F_OK) == 0)
		return process_become_owner(data, why, room);
	return say_why(why, room, "%s: %s%s", data, strerror(errno),
	    errno == ENOENT ? ": no relay was set up here; create one with "
	    "mnm init, or name another's configuration with -c" : "");
}

/*
 * Unix sockets have been made by root; so that the relay can remove them.  One
 * that cannot be given away serves all the same.
 */
static void
give_sockets(const struct conf *conf, uid_t user)
{
	const struct conf_listener *l = conf->listen;

	for (; l < conf->listen + conf->listen_count; l++) {
		if (l->net == CONF_UNIX &&
		    lchown(l->laddr, user, (gid_t)-1) == -1)
			log_warning("%s: cannot give it to the relay's user: "
			    "%s", l->laddr, strerror(errno));
	}
}

/* Files of root there would keep its owner from serving it. */
static int
serve_as_owner(const struct conf *conf, char *why, size_t room)
{
	const char *data = conf->data;
	/* It may be about to be made. */
	char *path = access(data, F_OK) == 0 ? xcopy(span_of(data)) :
	    file_parent(data);
	struct stat st;
	int result = 0;

	if (stat(path, &st) == 0 && st.st_uid != 0) {
		give_sockets(conf, st.st_uid);
		result = process_become_owner(path, why, room);
		if (result == 0)
			log_line("no longer root, but user %lu: the owner of "
			    "%s", (unsigned long)st.st_uid, path);
	}
	free(path);
	return result;
}

static const struct passwd *
find_server(const struct conf *conf, char *why, size_t room)
{
	const struct passwd *user;

	errno = 0;
	user = getpwnam(conf->user);
	if (user == NULL)
		(void)say_why(why, room, "there is no user %s: %s; create it "
		    "with: useradd -r %s", conf->user, errno != 0 ?
		    strerror(errno) : "not in passwd", conf->user);
	return user;
}

static int
become(const struct passwd *user, const struct conf *conf, char *why,
    size_t room)
{
	if (setgid(user->pw_gid) == -1 ||
	    initgroups(user->pw_name, user->pw_gid) == -1 ||
	    setuid(user->pw_uid) == -1)
		return say_why(why, room, "cannot become %s: %s", conf->user,
		    strerror(errno));
	if (user->pw_uid != 0 && setuid(0) == 0)
		return say_why(why, room, "cannot give up root for %s",
		    conf->user);
	return 0;
}

int
process_give_up_root(const struct conf *conf, char *why, size_t room)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return 0;
	if (conf->user[0] == '\0')
		return serve_as_owner(conf, why, room);
	user = find_server(conf, why, room);
	if (user == NULL || claim_data(conf->data, user, why, room) == -1)
		return -1;
	give_sockets(conf, user->pw_uid);
	return become(user, conf, why, room);
}

int
process_become_server(const struct conf *conf, char *why, size_t room)
{
	const struct passwd *user;

	if (geteuid() != 0 || access(conf->data, F_OK) == -1)
		return 0;
	if (conf->user[0] == '\0')
		return process_become_owner(conf->data, why, room);
	user = find_server(conf, why, room);
	return user == NULL ? -1 : become(user, conf, why, room);
}

/* ---- the service manager ---- */

/*
 * The address is a path, or after '@' a name without a file.  A failure is not
 * reported: the manager will notice that it heard nothing.
 */
void
process_notify(const char *lines)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd == -1)
		return;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
	    (struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	(void)close(fd);
}

unsigned
process_watchdog(void)
{
	const char *time = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long long seconds;

	if (time == NULL || (pid != NULL &&
	    strtoll(pid, NULL, 10) != (long long)getpid()))
		return 0;
	seconds = strtoull(time, NULL, 10) / 1000000;
	return seconds < 86400 ? (unsigned)seconds : 86400;
}

static atomic_uint beats;

void
process_beat(void)
{
	atomic_fetch_add(&beats, 1);
}

/* Does not end before the program does. */
static void *
guard(void *with)
{
	const unsigned limit = *(const unsigned *)with;
	const uint64_t piece = limit * UINT64_C(250);	/* ms */
	const struct timespec pause = { (time_t)(piece / 1000),
	    (long)(piece % 1000) * 1000000 };
	unsigned seen = 0, now;
	uint64_t turned = 0, at;	/* ms */

	for (;;) {
		at = clock_ms(CLOCK_MONOTONIC);
		now = atomic_load(&beats);
		if (now != seen)
			turned = at;
		seen = now;
		if (at - turned <= limit * UINT64_C(1000) ||
		    (file_is_syncing() &&
		    at - turned <= PROCESS_SYNC_MAX * UINT64_C(1000)))
			process_notify("WATCHDOG=1");
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

int
process_guard(unsigned limit)
{
	static unsigned kept;
	sigset_t all, before;
	pthread_t thread;
	int result;

	kept = limit;
	process_beat();
	/* Signals are for the loop. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, NULL, guard, &kept);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result == 0 ? 0 : -1;
}
