#include "test/lib/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#define SAID "said.txt"	/* stdout and stderr of the relay */
#define SAID_MAX 100000

uint64_t
relay_clock(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

void
relay_sleep(int milliseconds)
{
	struct timespec t = {
		milliseconds / 1000, milliseconds % 1000 * 1000000L
	};

	nanosleep(&t, NULL);
}

uint16_t
relay_free_port(void)
{
	static unsigned asked;
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd, i, result = -1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/*
	 * Not one that the system gives to connections, which might take it
	 * before the relay does.  Test programs may run side by side.
	 */
	for (i = 0; i < 100 && result == -1; i++) {
		address.sin_port = htons((uint16_t)(10000 +
		    ((unsigned)getpid() * 37 + asked++ * 101) % 20000));
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd == -1)
			break;
		result = bind(fd, (struct sockaddr *)&address,
		    sizeof(address));
		close(fd);
	}
	if (result == -1)
		die("no free port: %s", strerror(errno));
	return ntohs(address.sin_port);
}

void
relay_file(const struct relay_process *r, const char *name, const char *text)
{
	char path[RELAY_PATH + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		die("%s: %s", path, strerror(errno));
}

void
relay_configure(struct relay_process *r, const char *extra)
{
	struct buf text = { NULL, 0, 0 };

	buf_addf(&text, "{\n%s\n\"listen\": {\"laddr\": \"127.0.0.1:%u\"}\n}\n",
	    extra, (unsigned)r->port);
	relay_file(r, "mnm.config", text.p);
	buf_free(&text);
}

void
relay_init(struct relay_process *r, const char *program)
{
	const char *tmp = getenv("TMPDIR");

	memset(r, 0, sizeof(*r));
	if (strlen(program) >= RELAY_PATH - 1)
		die("%s: the path is too long", program);
	strcpy(r->program, program);
	snprintf(r->dir, sizeof(r->dir), "%s/mnm-e2e-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(r->dir) == NULL)
		die("%s: %s", r->dir, strerror(errno));
	r->port = relay_free_port();
	relay_configure(r, "");
}

void
relay_free(struct relay_process *r)
{
	char command[RELAY_PATH + 16];

	if (r->pid != 0)
		relay_stop(r, SIGKILL);
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	if (system(command) != 0)
		die("cannot remove %s", r->dir);
}

/* In the child, before it becomes the relay. */
static void
set_up_child(const struct relay_process *r)
{
	struct rlimit limit = { r->descriptors, r->descriptors };
	int fd;

	if (chdir(r->dir) == -1)
		die("%s: %s", r->dir, strerror(errno));
	fd = open(SAID, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	if (fd == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    dup2(r->log > 0 ? r->log : fd, STDERR_FILENO) == -1)
		die(SAID ": %s", strerror(errno));
	for (fd = 3; fd < 1000; fd++)
		close(fd);
	if (r->descriptors > 0 && setrlimit(RLIMIT_NOFILE, &limit) == -1)
		die("setrlimit: %s", strerror(errno));
}

static void
launch(struct relay_process *r, char *const *arguments)
{
	fflush(NULL);
	r->pid = fork();
	if (r->pid == -1)
		die("fork: %s", strerror(errno));
	if (r->pid > 0)
		return;
	set_up_child(r);
	execv(r->program, arguments);
	die("%s: %s", r->program, strerror(errno));
}

static int
await_end(struct relay_process *r)
{
	uint64_t end = relay_clock() + RELAY_PATIENCE;
	int status;
	pid_t pid;

	while ((pid = waitpid(r->pid, &status, WNOHANG)) == 0) {
		if (relay_clock() > end) {
			printf("the relay does not stop: killed\n");
			kill(r->pid, SIGKILL);
		}
		relay_sleep(5);
	}
	if (pid == -1)
		die("waitpid: %s", strerror(errno));
	r->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    256 + WTERMSIG(status);
}

static struct buf
said(const struct relay_process *r)
{
	char path[RELAY_PATH + 64];
	struct buf text = { NULL, 0, 0 };
	FILE *f;

	snprintf(path, sizeof(path), "%s/" SAID, r->dir);
	f = fopen(path, "r");
	if (f != NULL) {
		text.n = fread(buf_room(&text, SAID_MAX), 1, SAID_MAX - 1, f);
		fclose(f);
	}
	buf_add_byte(&text, '\0');
	return text;
}

bool
relay_said(const struct relay_process *r, const char *text)
{
	struct buf all = said(r);
	bool found = strstr(all.p, text) != NULL;

	buf_free(&all);
	return found;
}

bool
relay_can_start(struct relay_process *r)
{
	char *arguments[] = { r->program, NULL };
	uint64_t end = relay_clock() + RELAY_PATIENCE;

	relay_file(r, SAID, "");
	launch(r, arguments);
	while (!relay_said(r, "data directory")) {
		if (waitpid(r->pid, NULL, WNOHANG) != 0) {
			r->pid = 0;
			return false;
		}
		if (relay_clock() > end)
			return false;
		relay_sleep(5);
	}
	return true;
}

void
relay_start(struct relay_process *r)
{
	struct buf text;

	if (!relay_can_start(r)) {
		text = said(r);
		die("the relay does not start: %s", text.p);
	}
}

int
relay_stop(struct relay_process *r, int signal)
{
	if (kill(r->pid, signal) == -1)
		die("kill: %s", strerror(errno));
	return await_end(r);
}

int
relay_run(struct relay_process *r, char *const *arguments)
{
	relay_file(r, SAID, "");
	launch(r, arguments);
	return await_end(r);
}

unsigned long
relay_memory(const struct relay_process *r)
{
	unsigned long kb = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)r->pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "VmRSS: %lu kB", &kb) == 1)
			break;
	}
	fclose(f);
	return kb;
}
