/*
 * What is forbidden is tried from inside, in processes that have confined
 * themselves: and what a relay does must still work there.
 */
#define _GNU_SOURCE

#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "test/lib/check.h"
#include "test/lib/scratch.h"

static unsigned possible;

/* ---- what is tried ---- */

static void
must(int result, const char *what)
{
	CHECK(result != -1, "%s: %s", what, strerror(errno));
}

static void
must_not(int result, const char *what)
{
	int error = errno;

	CHECK(result == -1 && (error == EACCES || error == EPERM ||
	    error == ENOSYS || error == EXDEV), "%s: %d, %s", what, result,
	    result == -1 ? strerror(error) : "no error");
	if (result > 2)
		(void)close(result);
}

/* Open, and close again. */
static int
touch(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	return fd == -1 ? -1 : close(fd);
}

static void
try_files(void)
{
	must(touch("data/old", O_RDWR), "open a file of its own");
	must(touch("data/new", O_RDWR | O_CREAT | O_EXCL), "make one");
	must(mkdir("data/dir", 0700), "make a directory");
	must(link("data/new", "data/dir/link"), "link into another directory");
	must(rename("data/dir/link", "data/new2"), "rename out of it");
	must(rmdir("data/dir"), "remove it");
	must(truncate("data/new", 0) == -1 ? touch("data/new", O_WRONLY |
	    O_TRUNC) : 0, "truncate");
	must(unlink("data/new"), "remove a file");
	must(mkdir("data/dir", 0700), "make another directory");
	must(rename("data/pipe", "data/dir/pipe"), "move a pipe aside");
	must(rename("data/way", "data/dir/way"), "move a link aside");
	must(rename("data/dir/way", "data/way"), "move it back");
	must(chmod("data/old", 0600), "chmod");
	must(touch("data", O_RDONLY | O_DIRECTORY), "list a directory");

	must(touch("etc/config", O_RDONLY), "read the configuration");
	must_not(touch("etc/config", O_WRONLY), "write the configuration");
	must_not(touch("etc/more", O_WRONLY | O_CREAT), "make one beside it");
	must_not(unlink("etc/config"), "remove the configuration");
	must(touch("live/cert", O_RDONLY), "read the certificate");
	must(touch("/dev/null", O_RDWR), "open a device that is allowed");

	must_not(touch("other/secret", O_RDONLY), "read another file");
	must_not(touch("other/secret", O_WRONLY), "write another file");
	must_not(touch("other/new", O_WRONLY | O_CREAT), "make another file");
	must_not(touch("other", O_RDONLY | O_DIRECTORY), "list a directory");
	must_not(unlink("other/secret"), "remove another file");
	must_not(link("other/secret", "data/secret"), "link another file");
	must_not(rename("other/secret", "data/secret"), "take another file");
	must_not(mkdir("other/dir", 0700), "make a directory there");
	must_not(touch("/etc/passwd", O_RDONLY), "read a file of the system");
	must_not(touch("data/../other/secret", O_RDONLY), "go round");
	must_not(symlink("../other/secret", "data/link"), "make a link");
	must_not(touch("data/way", O_RDONLY), "follow a link");
}

/* By "renew", which is not confined, while "ready" is waited for. */
static void
try_renewed(const int wait[2])
{
	char byte = 0;

	must((int)write(wait[1], &byte, 1), "ask");
	must((int)read(wait[1], &byte, 1), "wait");
	must(touch("live/cert", O_RDONLY), "read the renewed certificate");
	must(touch("etc/config", O_RDONLY), "read the new configuration");
}

static int
bind_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	result = bind(fd, (struct sockaddr *)&address, sizeof(address));
	if (result == 0)
		result = listen(fd, 1);
	(void)close(fd);
	return result;
}

static void
try_sockets(void)
{
	must(bind_at("run/sock"), "make a socket");
	must(unlink("run/sock"), "remove a socket");
	must(bind_at("data/control"), "make a socket of its own");
	must_not(bind_at("other/sock"), "make a socket elsewhere");
	must_not(touch("run/file", O_WRONLY | O_CREAT), "make a file there");
}

static void *
say(void *to)
{
	free(malloc(1000000));
	*(bool *)to = true;
	return NULL;
}

/* What the relay and the libraries do all the time. */
static void
try_daily(void)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found = NULL;
	struct rlimit limit;
	bool said = false;
	pthread_t thread;
	int status = -1, ends[2], fd;
	void *pages;
	pid_t pid;

	CHECK(pthread_create(&thread, NULL, say, &said) == 0 &&
	    pthread_join(thread, NULL) == 0 && said, "no thread");
	pid = fork();
	if (pid == 0)
		_exit(7);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 7, "no process: %d", status);
	pages = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED && munmap(pages, 1 << 22) == 0,
	    "no memory");
	must(pipe(ends), "pipe");
	must(fcntl(ends[0], F_SETFL, O_NONBLOCK), "fcntl");
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), "socketpair");
	must(fd = epoll_create1(0), "epoll_create1");
	must(close(fd), "close");
	must(socket(AF_INET, SOCK_STREAM, 0), "a socket");
	must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	must((int)alarm(0), "alarm");
	must(usleep(1000), "sleep");
	CHECK(getaddrinfo("127.0.0.1", "1", &hints, &found) == 0, "address");
	freeaddrinfo(found);
	must(kill(getpid(), 0), "kill");
	(void)isatty(0);
	must(printf("%s", ""), "print");
}

static void
try_calls(void)
{
	char *const none[] = { NULL };

#ifndef __NR_socketcall
	must_not(socket(AF_PACKET, SOCK_RAW, 0), "a raw socket");
	must_not(socket(AF_VSOCK, SOCK_STREAM, 0), "a socket of a machine");
#endif
	must_not(ioctl(0, TIOCSTI, ""), "type into the terminal");
	must_not(prctl(PR_SET_MM, 0, 0, 0, 0), "prctl");
	must_not((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL), "ptrace");
	must_not(unshare(CLONE_NEWUSER), "unshare");
	must_not((int)syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
	    "clone with a namespace");
	must_not((int)syscall(__NR_bpf, 0, NULL, 0), "bpf");
	must_not((int)syscall(__NR_add_key, 0, 0, 0, 0, 0), "add_key");
	must_not((int)syscall(__NR_process_vm_readv, getppid(), 0, 0, 0, 0, 0),
	    "read another process");
	must_not((int)syscall(__NR_io_uring_setup, 1, NULL), "io_uring");
	must_not((int)syscall(__NR_userfaultfd, 0), "userfaultfd");
	must_not((int)syscall(__NR_memfd_create, "x", 0), "memfd_create");
	must_not(setuid(getuid()), "setuid");
	must_not(chroot("."), "chroot");
	must_not(chdir("/"), "chdir");
	must_not(mknod("data/node", S_IFCHR | 0600, 0x103), "mknod");
	must_not(execv("/bin/true", none), "run a program");
	must_not(sethostname("x", 1), "sethostname");
#if defined(__x86_64__)
	must_not((int)syscall(0x40000000 | 59, "/bin/true", none, none),
	    "run a program by another machine's call");
#endif
}

static void
try_privileges(void)
{
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0,
	    "new privileges are possible");
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1,
	    "the process is dumpable");
}

/* The sender has no listeners, and changes no file. */
static void
try_sender(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(fd, "a socket");
	must_not(listen(fd, 1), "listen");
	must_not(unlink("data/old"), "remove a file");
	must_not(rename("data/old", "data/older"), "rename");
	must_not(touch("data/old", O_RDONLY), "read a file of the relay");
	must_not(execv("/bin/true", (char *[]){ NULL }), "run a program");
	must(fork() == 0 ? (_exit(0), 0) : 0, "make a process");
}

/* ---- the processes ---- */

/* Confine this process; like the relay, or the sender within it. */
static void
confine(enum confine_who who)
{
	struct confine c;
	unsigned parts;

	confine_begin(&c);
	if (who == CONFINE_RELAY) {
		confine_allow(&c, CONFINE_DATA, "data");
		confine_allow(&c, CONFINE_READ, "etc/config");
		confine_allow(&c, CONFINE_READ, "live/cert");
		confine_allow(&c, CONFINE_READ, "missing/file");
		confine_allow(&c, CONFINE_SOCKET, "run/sock");
	}
	confine_allow(&c, CONFINE_ONLY, "/dev/null");
	parts = confine_end(&c, who);
	CHECK(parts == (possible & ~(unsigned)CONFINE_MEMORY),
	    "confined: %x of %x", parts, possible);
}

/* Add the checks of a process that ends now to those of its parent. */
__attribute__((noreturn))
static void
leave(int to)
{
	unsigned long counts[2] = { check_passed, check_failed };

	fflush(stdout);
	if (write(to, counts, sizeof(counts)) == -1)
		_exit(1);
	_exit(0);
}

static void
collect(int from, pid_t pid)
{
	unsigned long counts[2] = { 0, 1 };
	int status;

	if (read(from, counts, sizeof(counts)) != sizeof(counts))
		printf("the process has said nothing\n");
	check_passed += counts[0];
	check_failed += counts[1];
	CHECK(waitpid(pid, &status, 0) == pid && status == 0,
	    "the process ended with %d", status);
	(void)close(from);
}

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
		die("%s: %s", path, strerror(errno));
}

/* As editors and ACME clients do: new files take the place of the old. */
static void
renew(void)
{
	put("archive/cert2", "new");
	if (symlink("../archive/cert2", "live/new") == -1 ||
	    rename("live/new", "live/cert") == -1)
		die("live/cert: %s", strerror(errno));
	put("etc/config.new", "new");
	if (rename("etc/config.new", "etc/config") == -1)
		die("etc/config: %s", strerror(errno));
}

static void
make_world(void)
{
	static const char *const dirs[] = { "data", "etc", "live", "archive",
	    "run", "other" };
	size_t i;

	for (i = 0; i < COUNT(dirs); i++) {
		if (mkdir(dirs[i], 0700) == -1)
			die("%s: %s", dirs[i], strerror(errno));
	}
	put("data/old", "data");
	put("etc/config", "{}");
	put("archive/cert1", "old");
	put("other/secret", "secret");
	if (symlink("../archive/cert1", "live/cert") == -1 ||
	    symlink("../other/secret", "data/way") == -1)
		die("symlink: %s", strerror(errno));
	if (mkfifo("data/pipe", 0600) == -1)
		die("mkfifo: %s", strerror(errno));
}

static void
test_relay(void)
{
	int results[2], wait[2];
	char byte;
	pid_t pid;

	if (pipe(results) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, wait) == -1)
		die("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		check_passed = check_failed = 0;
		confine(CONFINE_RELAY);
		if (possible & CONFINE_FILES) {
			try_files();
			try_sockets();
		}
		try_renewed(wait);
		try_daily();
		try_privileges();
		if (possible & CONFINE_CALLS)
			try_calls();
		/* As the process that asks push services, within the relay. */
		confine(CONFINE_SENDER);
		if (possible & CONFINE_CALLS)
			try_sender();
		leave(results[1]);
	}
	(void)close(results[1]);
	(void)close(wait[1]);
	if (read(wait[0], &byte, 1) == 1) {
		renew();
		CHECK(write(wait[0], &byte, 1) == 1, "it has ended");
	}
	collect(results[0], pid);
	(void)close(wait[0]);
}

static bool
can_take(size_t bytes)
{
	void *volatile p = malloc(bytes);	/* not for a compiler to skip */

	return p != NULL;
}

/* Half of a limit is there, twice as much is not; a higher limit may follow. */
static void
test_memory(void)
{
	const size_t limit = 128 << 20;
	int results[2];
	pid_t pid;

	if (pipe(results) == -1)
		die("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		check_passed = check_failed = 0;
		CHECK(confine_memory(limit), "no limit");
		CHECK(can_take(limit / 2), "not even half of it");
		CHECK(!can_take(2 * limit), "more than the limit");
		CHECK(confine_memory(4 * (uint64_t)limit), "no higher one");
		CHECK(can_take(2 * limit), "less than that");
		leave(results[1]);
	}
	(void)close(results[1]);
	collect(results[0], pid);
}

/* The words of the log. */
static void
test_texts(void)
{
	char text[CONFINE_TEXT];

	CHECK(strcmp(confine_text(text, 0), "nothing") == 0, "%s", text);
	CHECK(strcmp(confine_text(text, CONFINE_FILES | CONFINE_CALLS),
	    "files, system calls") == 0, "%s", text);
	CHECK(strcmp(confine_text(text, CONFINE_PRIVILEGES | CONFINE_MEMORY),
	    "no new privileges, memory") == 0, "%s", text);
}

int
main(void)
{
	char path[] = "/tmp/mnm-confine-XXXXXX";
	int before = open(".", O_RDONLY | O_DIRECTORY);
	int dir = scratch_make(path);

	possible = confine_possible();
	test_texts();
	if (possible == 0)
		puts("confine: skipped, this build or system cannot");
	if (fchdir(dir) == -1)
		die("%s: %s", path, strerror(errno));
	make_world();
	if (possible != 0)
		test_relay();
	if (possible & CONFINE_MEMORY)
		test_memory();
	if (fchdir(before) == -1)
		die("fchdir: %s", strerror(errno));
	scratch_remove(AT_FDCWD, path);
	return check_report("confine");
}
