/* For syscall, O_PATH and pledge, which POSIX lacks. */
#define _GNU_SOURCE
#ifdef __OpenBSD__
#define _BSD_SOURCE
#endif

#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

#ifndef __has_include
#define __has_include(header) 0
#endif
#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANITIZED
#elif defined(__linux__) && __has_include(<linux/seccomp.h>) && \
    __has_include(<linux/landlock.h>)
#define LINUX
#endif

#if defined(LINUX) || defined(__OpenBSD__)

/* What getaddrinfo reads, with the libraries that it loads. */
static const char *const names_dirs[] = {
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"
};
static const char *const names_files[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"
};

/* The directory that a path is in; false if that is the root. */
static bool
parent_of(struct buf *dir, const char *path)
{
	const char *slash = strrchr(path, '/');

	dir->n = 0;
	if (slash == NULL)
		buf_add(dir, SPAN("."));
	else if (slash == path)
		return false;
	else
		buf_add(dir, (struct span){ path, (size_t)(slash - path) });
	buf_add_byte(dir, '\0');
	return true;
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void allow_one(const struct confine *, enum confine_use, const char *);

/*
 * A file is replaced by another of its name, so its directory counts.  It may
 * be a link to one that is replaced.
 */
static void
allow_with_parent(const struct confine *c, enum confine_use use,
    const char *path)
{
	struct buf dir = { NULL, 0, 0 };

	if (is_directory(path) && use != CONFINE_SOCKET)
		allow_one(c, use, path);
	else if (parent_of(&dir, path))
		allow_one(c, use, dir.p);
	else
		allow_one(c, CONFINE_ONLY, path);
	buf_free(&dir);
}

static void
allow_names(const struct confine *c)
{
	size_t i;

	for (i = 0; i < sizeof(names_dirs) / sizeof(names_dirs[0]); i++)
		allow_one(c, CONFINE_READ, names_dirs[i]);
	for (i = 0; i < sizeof(names_files) / sizeof(names_files[0]); i++)
		confine_allow(c, CONFINE_READ, names_files[i]);
}

void
confine_allow(const struct confine *c, enum confine_use use, const char *path)
{
	char *real;

	if (use == CONFINE_NAMES) {
		allow_names(c);
	} else if (use == CONFINE_DATA || use == CONFINE_ONLY) {
		allow_one(c, use, path);
	} else {
		allow_with_parent(c, use, path);
		real = realpath(path, NULL);
		if (real != NULL && use == CONFINE_READ)
			allow_with_parent(c, use, real);
		free(real);
	}
}

#endif

#if defined(LINUX)

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* ---- files: Landlock ---- */

/* Rights that are newer than some kernels' headers. */
#define MAY_TRUNCATE  (UINT64_C(1) << 14)
#define MAY_IOCTL_DEV (UINT64_C(1) << 15)
#define SCOPE_SIGNAL  (UINT64_C(1) << 1)

#define MAY_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAY_USE_FILE (LANDLOCK_ACCESS_FS_READ_FILE | \
    LANDLOCK_ACCESS_FS_WRITE_FILE | MAY_TRUNCATE)
#define MAY_MAKE_SOCKET (LANDLOCK_ACCESS_FS_MAKE_SOCK | \
    LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define MAY_CHANGE (MAY_READ | MAY_USE_FILE | MAY_MAKE_SOCKET | \
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | \
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* As the kernel has it, of which older headers know the first only. */
struct ruleset {
	uint64_t files, ports, scope;
};

/* What Landlock can do: 0, nothing; 2, links; 3, truncate; and so on. */
static int
landlock_version(void)
{
	long version = syscall(__NR_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	/* The first one forbids all links between directories. */
	return version < 2 ? 0 : (int)version;
}

/* All rights on files that this version knows. */
static uint64_t
known_rights(int version)
{
	if (version >= 5)
		return MAY_IOCTL_DEV * 2 - 1;
	return version >= 3 ? MAY_TRUNCATE * 2 - 1 : MAY_TRUNCATE - 1;
}

void
confine_begin(struct confine *c)
{
	int version = landlock_version();
	struct ruleset all = { .files = known_rights(version),
	    .scope = version >= 6 ? SCOPE_SIGNAL : 0 };

	c->rules = version == 0 ? -1 :
	    (int)syscall(__NR_landlock_create_ruleset, &all,
	    version >= 6 ? sizeof(all) : sizeof(all.files), 0U);
}

static void
allow_one(const struct confine *c, enum confine_use use, const char *path)
{
	static const uint64_t rights[] = {
		[CONFINE_READ] = MAY_READ, [CONFINE_ONLY] = MAY_USE_FILE,
		[CONFINE_SOCKET] = MAY_MAKE_SOCKET, [CONFINE_DATA] = MAY_CHANGE
	};
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights[use] & known_rights(landlock_version()) };

	if (c->rules == -1)
		return;
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return;
	/* If this fails, there is no such right, as if there was no rule. */
	(void)syscall(__NR_landlock_add_rule, c->rules,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
	(void)fd_close(rule.parent_fd);
}

/* ---- system calls: seccomp ---- */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define MACHINE AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__ARM_EABI__) && defined(__ARMEL__)
#define MACHINE AUDIT_ARCH_ARM
#elif defined(__s390x__)
#define MACHINE AUDIT_ARCH_S390X
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define MACHINE AUDIT_ARCH_PPC64LE
#elif defined(__mips__) && defined(__MIPSEL__) && _MIPS_SIM == _ABIO32
#define MACHINE AUDIT_ARCH_MIPSEL
#elif defined(__mips__) && defined(__MIPSEB__) && _MIPS_SIM == _ABIO32
#define MACHINE AUDIT_ARCH_MIPS
#endif

#ifdef MACHINE

/*
 * C libraries do the same thing by different calls, by their age, the machine,
 * and how large time and files are.  What is called most often stands first:
 * older kernels look one after the other.
 */
#define CALL(name) __NR_##name

static const int for_all[] = {
	CALL(read), CALL(write), CALL(recvfrom), CALL(sendto),
	CALL(clock_gettime), CALL(epoll_pwait), CALL(futex), CALL(readv),
	CALL(writev), CALL(ppoll), CALL(pselect6),
#ifdef __NR_open	/* on machines from before 2012 */
	CALL(epoll_wait), CALL(poll), CALL(open), CALL(stat), CALL(lstat),
	CALL(access), CALL(readlink), CALL(getdents), CALL(dup2), CALL(pipe),
	CALL(fork),
#endif
#ifdef __NR_recv
	CALL(recv), CALL(send),
#endif
#ifdef __NR_clock_gettime64	/* of 32 bits */
	CALL(clock_gettime64), CALL(futex_time64), CALL(ppoll_time64),
	CALL(pselect6_time64), CALL(clock_getres_time64),
	CALL(clock_nanosleep_time64), CALL(rt_sigtimedwait_time64),
	CALL(recvmmsg_time64),
#endif
#ifdef __NR_mmap2
	CALL(mmap2), CALL(sigreturn), CALL(_llseek), CALL(stat64),
	CALL(fstat64), CALL(lstat64), CALL(fstatat64), CALL(statfs64),
	CALL(fstatfs64), CALL(fcntl64),
#endif
#ifdef __NR_getuid32
	CALL(getuid32), CALL(geteuid32), CALL(getgid32), CALL(getegid32),
	CALL(ugetrlimit),
#endif
#ifdef __NR_mmap
	CALL(mmap),
#endif
#ifdef __NR_getrlimit
	CALL(getrlimit),
#endif
#ifdef __NR_newfstatat
	CALL(newfstatat),
#endif
#ifdef __NR_time
	CALL(time),
#endif
#ifdef __NR_alarm
	CALL(alarm),
#endif
	CALL(brk), CALL(munmap), CALL(mremap), CALL(mprotect), CALL(madvise),
	CALL(membarrier), CALL(clock_getres), CALL(gettimeofday),
	CALL(clock_nanosleep), CALL(nanosleep), CALL(setitimer),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn),
	CALL(sigaltstack), CALL(rt_sigpending), CALL(rt_sigsuspend),
	CALL(rt_sigtimedwait), CALL(restart_syscall), CALL(set_robust_list),
	CALL(get_robust_list), CALL(rseq), CALL(set_tid_address), CALL(gettid),
	CALL(sched_yield), CALL(sched_getaffinity), CALL(exit),
	CALL(exit_group), CALL(getpid), CALL(getppid), CALL(kill), CALL(tgkill),
	CALL(tkill), CALL(wait4), CALL(waitid), CALL(getuid), CALL(geteuid),
	CALL(getgid), CALL(getegid), CALL(uname), CALL(sysinfo),
	CALL(getrusage), CALL(getrandom), CALL(setrlimit), CALL(getcpu),
	CALL(openat), CALL(openat2), CALL(close), CALL(close_range),
	CALL(lseek), CALL(pread64), CALL(preadv), CALL(preadv2), CALL(fstat),
	CALL(statx), CALL(statfs), CALL(fstatfs), CALL(faccessat),
	CALL(faccessat2), CALL(readlinkat), CALL(getcwd), CALL(getdents64),
	CALL(fcntl), CALL(dup), CALL(dup3), CALL(pipe2), CALL(socketpair),
	CALL(bind), CALL(connect), CALL(getsockname), CALL(getpeername),
	CALL(getsockopt), CALL(setsockopt), CALL(sendmsg), CALL(recvmsg),
	CALL(sendmmsg), CALL(recvmmsg), CALL(shutdown),
	CALL(landlock_create_ruleset), CALL(landlock_add_rule),
	CALL(landlock_restrict_self), CALL(seccomp),
};

/* Only the relay has files and listeners. */
static const int for_relay[] = {
	CALL(accept4), CALL(listen), CALL(epoll_create1), CALL(epoll_ctl),
	CALL(epoll_pwait2), CALL(pwrite64), CALL(pwritev), CALL(pwritev2),
	CALL(fsync), CALL(fdatasync), CALL(syncfs), CALL(ftruncate),
	CALL(fallocate), CALL(mkdirat), CALL(linkat), CALL(unlinkat),
	CALL(renameat2), CALL(fchmod), CALL(fchmodat), CALL(fchown),
	CALL(fchownat),
#ifdef __NR_mkdir
	CALL(epoll_create), CALL(mkdir), CALL(rmdir), CALL(link), CALL(unlink),
	CALL(rename), CALL(chmod), CALL(lchown),
#endif
#ifdef __NR_accept
	CALL(accept),
#endif
#ifdef __NR_renameat
	CALL(renameat),
#endif
#ifdef __NR_ftruncate64
	CALL(ftruncate64),
#endif
#ifdef __NR_lchown32
	CALL(lchown32), CALL(fchown32),
#endif
};

#define PROGRAM_MAX 1024	/* instructions; the lists take half of it */

struct program {
	struct sock_filter each[PROGRAM_MAX];
	unsigned short n;
};

static void
add(struct program *p, unsigned code, uint32_t k, unsigned char if_not)
{
	if (p->n < PROGRAM_MAX)
		p->each[p->n++] = (struct sock_filter){
		    (unsigned short)code, 0, if_not, k };
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0);
}

/* If what was loaded is k, the call is allowed. */
static void
allow_if(struct program *p, uint32_t k)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, k, 1);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0);
}

static void
allow_calls(struct program *p, const int *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		allow_if(p, (uint32_t)calls[i]);
}

/* Load the half of an argument that an int is in. */
static void
load_argument(struct program *p, unsigned index)
{
	const uint16_t one = 1;
	const bool big_endian = *(const unsigned char *)&one == 0;

	load(p, offsetof(struct seccomp_data, args) + index * 8 +
	    (big_endian ? 4 : 0));
}

/* The call is allowed only if its argument is one of these; else it fails. */
static void
allow_values(struct program *p, int call, unsigned index,
    const uint32_t *values, unsigned char count)
{
	unsigned char i;

	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call,
	    (unsigned char)(2 * count + 2));
	load_argument(p, index);
	for (i = 0; i < count; i++)
		allow_if(p, values[i]);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0);
}

#define ALLOW_VALUES(p, call, index, values) \
	allow_values(p, call, index, values, \
	    (unsigned char)(sizeof(values) / sizeof((values)[0])))

#define NAMESPACES 0x7e020000U	/* CLONE_NEW... */
#if defined(__s390__)
#define CLONE_FLAGS 1		/* which argument of clone they are */
#else
#define CLONE_FLAGS 0
#endif

#ifdef __NR_socketcall
/*
 * All calls for sockets in one.  Its other arguments are in memory, where no
 * filter can look: families are not limited.
 */
static void
allow_socketcall(struct program *p, enum confine_who who)
{
	static const uint32_t all[] = { SYS_SOCKET, SYS_BIND, SYS_CONNECT,
	    SYS_GETSOCKNAME, SYS_GETPEERNAME, SYS_SOCKETPAIR, SYS_SEND,
	    SYS_RECV, SYS_SENDTO, SYS_RECVFROM, SYS_SHUTDOWN, SYS_SETSOCKOPT,
	    SYS_GETSOCKOPT, SYS_SENDMSG, SYS_RECVMSG, SYS_SENDMMSG,
	    SYS_RECVMMSG, SYS_LISTEN, SYS_ACCEPT, SYS_ACCEPT4 };
	const unsigned char only_relay = 3;	/* at the end */

	allow_values(p, CALL(socketcall), 0, all, (unsigned char)(sizeof(all) /
	    sizeof(all[0]) - (who == CONFINE_RELAY ? 0 : only_relay)));
}
#endif

/* Calls that can do more than is needed. */
static void
allow_with_limits(struct program *p)
{
	static const uint32_t families[] = { AF_UNIX, AF_INET, AF_INET6,
	    AF_NETLINK };
	/* What stdio and resolvers ask. */
	static const uint32_t requests[] = { TCGETS, TIOCGWINSZ, FIONREAD };
	static const uint32_t options[] = { PR_SET_NO_NEW_PRIVS,
	    PR_SET_DUMPABLE };
	static const uint32_t self[] = { 0 };

#ifdef __NR_socket
	ALLOW_VALUES(p, CALL(socket), 0, families);
#endif
	ALLOW_VALUES(p, CALL(ioctl), 1, requests);
	ALLOW_VALUES(p, CALL(prctl), 0, options);
	ALLOW_VALUES(p, CALL(prlimit64), 0, self);
	/* Threads and processes, but no namespaces. */
	add(p, BPF_JMP | BPF_JEQ | BPF_K, CALL(clone), 4);
	load_argument(p, CLONE_FLAGS);
	add(p, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 1);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0);
}

static bool
limit_calls(enum confine_who who)
{
	static struct program p;
	struct sock_fprog whole = { .filter = p.each };

	p.n = 0;
	load(&p, offsetof(struct seccomp_data, arch));
	add(&p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 0);
	/* Of another machine's calls, which this one can make, too. */
	p.each[1].jt = 1;
	add(&p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0);
	load(&p, offsetof(struct seccomp_data, nr));
	allow_calls(&p, for_all, sizeof(for_all) / sizeof(for_all[0]));
	if (who == CONFINE_RELAY)
		allow_calls(&p, for_relay,
		    sizeof(for_relay) / sizeof(for_relay[0]));
#ifdef __NR_socketcall
	allow_socketcall(&p, who);
#endif
	allow_with_limits(&p);
	add(&p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0);
	whole.len = p.n;
	return p.n < PROGRAM_MAX && syscall(__NR_seccomp,
	    SECCOMP_SET_MODE_FILTER, 0U, &whole) == 0;
}

static bool
can_limit_calls(void)
{
	const uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U,
	    &action) == 0;
}

#else

static bool
limit_calls(enum confine_who who)
{
	(void)who;
	return false;
}

static bool
can_limit_calls(void)
{
	return false;
}

#endif

/* ---- all of it ---- */

unsigned
confine_end(struct confine *c, enum confine_who who)
{
	unsigned parts = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
		parts |= CONFINE_PRIVILEGES;
	if (c->rules != -1 && syscall(__NR_landlock_restrict_self, c->rules,
	    0U) == 0)
		parts |= CONFINE_FILES;
	(void)fd_close(c->rules);
	c->rules = -1;
	if (limit_calls(who))
		parts |= CONFINE_CALLS;
	return parts;
}

bool
confine_memory(uint64_t bytes)
{
	static rlim_t given;	/* what the process had; 0: not asked yet */
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, &limit) == -1)
		return false;
	if (given == 0)
		given = limit.rlim_cur;
	limit.rlim_cur = bytes < given ? bytes : given;
	return setrlimit(RLIMIT_DATA, &limit) == 0;
}

unsigned
confine_possible(void)
{
	return CONFINE_PRIVILEGES | CONFINE_MEMORY |
	    (landlock_version() != 0 ? CONFINE_FILES : 0) |
	    (can_limit_calls() ? CONFINE_CALLS : 0);
}

#elif defined(__OpenBSD__)

/* ---- unveil and pledge ---- */

void
confine_begin(struct confine *c)
{
	c->rules = -1;
}

static void
allow_one(const struct confine *c, enum confine_use use, const char *path)
{
	static const char *const permissions[] = {
		[CONFINE_READ] = "r", [CONFINE_ONLY] = "rw",
		[CONFINE_SOCKET] = "rwc", [CONFINE_DATA] = "rwc"
	};

	(void)c;
	/* If this fails, it is as if it was not allowed. */
	(void)unveil(path, permissions[use]);
}

unsigned
confine_end(struct confine *c, enum confine_who who)
{
	static const char relay[] = "stdio rpath wpath cpath fattr chown flock "
	    "inet unix dns proc getpw";
	static const char sender[] = "stdio rpath inet dns proc";
	unsigned parts = 0;

	(void)c;
	if (unveil(NULL, NULL) == 0)
		parts |= CONFINE_FILES;
	if (pledge(who == CONFINE_RELAY ? relay : sender, NULL) == 0)
		parts |= CONFINE_PRIVILEGES | CONFINE_CALLS;
	return parts;
}

unsigned
confine_possible(void)
{
	return CONFINE_PRIVILEGES | CONFINE_FILES | CONFINE_CALLS;
}

#else

void
confine_begin(struct confine *c)
{
	c->rules = -1;
}

void
confine_allow(const struct confine *c, enum confine_use use, const char *path)
{
	(void)c, (void)use, (void)path;
}

unsigned
confine_end(struct confine *c, enum confine_who who)
{
	(void)c, (void)who;
	return 0;
}

unsigned
confine_possible(void)
{
	return 0;
}

#endif

#ifndef LINUX

bool
confine_memory(uint64_t bytes)
{
	(void)bytes;
	return false;
}

#endif

const char *
confine_text(char dst[CONFINE_TEXT], unsigned parts)
{
	static const char *const names[] = { "no new privileges",
	    "files", "system calls", "memory" };
	size_t i, n = 0;

	(void)snprintf(dst, CONFINE_TEXT, "nothing");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (parts & 1U << i)
			n += (size_t)snprintf(dst + n, CONFINE_TEXT - n,
			    "%s%s", n > 0 ? ", " : "", names[i]);
	}
	return dst;
}
