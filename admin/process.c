/* For initgroups, which POSIX lacks. */
#define _DEFAULT_SOURCE

#include "admin/process.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/*
 * The data directory must belong to the one who will serve: a relay that can
 * read but not write would stop at the first message.
 */
static void
claim_data(const char *path, const struct passwd *user)
{
	struct stat st;

	if (mkdir(path, 0700) == 0) {
		if (chown(path, user->pw_uid, user->pw_gid) == -1)
			die("cannot give %s to %s: %s", path, user->pw_name,
			    strerror(errno));
		return;
	}
	if (stat(path, &st) == -1)
		die("cannot make %s: %s", path, strerror(errno));
	if (st.st_uid != user->pw_uid)
		die("%s does not belong to %s: chown -R %s %s", path,
		    user->pw_name, user->pw_name, path);
}

void
root_become_owner(const char *path)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	if (stat(path, &st) == -1)
		die("%s: %s", path, strerror(errno));
	if (setgroups(1, &st.st_gid) == -1 || setgid(st.st_gid) == -1 ||
	    setuid(st.st_uid) == -1)
		die("cannot become the owner of %s: %s", path,
		    strerror(errno));
}

void
root_give_up(const struct conf *conf)
{
	const struct passwd *user;

	if (geteuid() != 0 || conf->user[0] == '\0')
		return;
	errno = 0;
	user = getpwnam(conf->user);
	if (user == NULL)
		die("there is no user %s to become: %s", conf->user,
		    errno != 0 ? strerror(errno) : "not in passwd");
	claim_data(conf->data, user);
	if (setgid(user->pw_gid) == -1 ||
	    initgroups(user->pw_name, user->pw_gid) == -1 ||
	    setuid(user->pw_uid) == -1)
		die("cannot become %s: %s", conf->user, strerror(errno));
	if (user->pw_uid != 0 && setuid(0) == 0)
		die("cannot give up root for %s", conf->user);
}
