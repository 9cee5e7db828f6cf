# mnm: make, make run, make test, make static, make install
#
# Sanitizers:  make clean && make test CFLAGS="-O1 -g -fsanitize=address,undefined"
# clang:       make clean && make test CC=clang
# BearSSL in another place:  make BEARSSL=/path  (with lib/ and include/bearssl/)

CC      = cc
CFLAGS  = -O2 -g
LDFLAGS =
PREFIX  = /usr/local
BEARSSL = /usr
FLAGS   = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 \
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -I. -isystem $(BEARSSL)/include/bearssl
LDLIBS  = -L$(BEARSSL)/lib -lbearssl -lpthread

# From the bottom of the layers to the top; test/layers checks the order.
OBJS = base/fd.o base/date.o base/utf8.o base/log.o base/clock.o base/buf.o \
	base/encode.o json.o base/set.o base/list.o base/subnet.o base/secret.o \
	disk/recfile.o disk/file.o disk/draft.o disk/quarantine.o conf.o \
	ntp.o disk/segment.o disk/ring.o disk/journal.o \
	store/msgfile.o store/queue.o store/message.o store/spare.o \
	store/maildir.o store/large.o store.o \
	userdb/name.o userdb/record.o userdb/files.o userdb/roster.o \
	userdb.o userdb/invite.o datadir.o admin/fsck.o \
	net/selfsign.o net/cert.o net/identity.o net/tls.o \
	tmtp/register.o tmtp/frame.o tmtp/upload.o tmtp/session.o \
	tmtp/route.o tmtp/expire.o tmtp/presence.o tmtp/useredit.o \
	tmtp/group.o tmtp/post.o tmtp/op.o tmtp.o \
	admin/output.o admin/call.o admin/enroll.o admin/commands.o \
	admin/watch.o admin/admin.o net/poller.o admin/control.o \
	admin/backup.o net/listen.o net/conn.o admin/process.o server.o \
	admin/setup.o admin/notify.o admin/service.o
# The simulated clients of `mnm N`, which the small static binary is without.
SIM = sim/histogram.o sim/payload.o client/client.o sim/expect.o \
	sim/member.o sim/crowd.o sim/selftest.o sim/sim.o

UNIT = test/unit
TESTS = $(UNIT)/log_test $(UNIT)/encode_test $(UNIT)/json_test \
	$(UNIT)/set_test $(UNIT)/conf_test $(UNIT)/ntp_test \
	$(UNIT)/journal_test $(UNIT)/store_test $(UNIT)/name_test \
	$(UNIT)/record_test $(UNIT)/files_test \
	$(UNIT)/roster_test $(UNIT)/userdb_test $(UNIT)/backup_test \
	$(UNIT)/fsck_test $(UNIT)/cert_test $(UNIT)/tls_test \
	$(UNIT)/tls_bad_test $(UNIT)/client_test $(UNIT)/frame_test \
	$(UNIT)/tmtp_test $(UNIT)/numbering_test $(UNIT)/register_test \
	$(UNIT)/expire_test $(UNIT)/newnode_test test/talk/talk \
	$(UNIT)/poller_test $(UNIT)/poller_poll_test $(UNIT)/expect_test
ENDS  = test/e2e/e2e test/e2e/commands test/e2e/admin test/e2e/backup
TOOLS = $(UNIT)/json_check
SUPPORT = test/lib/client.o test/lib/relay.o test/e2e/operator.o \
	test/lib/peer.o test/e2e/crowd.o test/e2e/fulldisk.o \
	test/lib/harness.o test/talk/pattern.o test/talk/script.o

mnm: mnm.o libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ mnm.o libmnm.a $(LDLIBS)

libmnm.a: $(OBJS) $(SIM)
	rm -f $@
	ar rc $@ $(OBJS) $(SIM)

test/lib/libtest.a: $(SUPPORT)
	rm -f $@
	ar rc $@ $(SUPPORT)

.SUFFIXES:
.SUFFIXES: .c .o
.c.o:
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<
.c:
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< test/lib/libtest.a libmnm.a \
	    $(LDLIBS)

# The same test of net/poller.c without epoll.
test/unit/poller_poll_test: test/unit/poller_test.c net/poller.c libmnm.a
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -DPOLLER_POLL -o $@ \
	    test/unit/poller_test.c net/poller.c libmnm.a

# Power cuts, failing calls and damage, on a disk in memory: the linker hands
# every call that touches files to the test.  crash and mutants are the long
# runs: all states, and every way in which the program was broken must be seen.
CRASH = test/crash/fork.o test/crash/pages.o test/crash/disk.o \
	test/crash/disk_calls.o test/crash/world.o test/crash/actions.o \
	test/crash/model.o test/crash/damage.o test/crash/backup.o
test/crash/libcrash.a: $(CRASH)
	rm -f $@
	ar rc $@ $(CRASH)
test/crash/crash_test: test/crash/crash_test.c test/crash/crash.wrap \
    test/crash/libcrash.a libmnm.a
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) @test/crash/crash.wrap -o $@ \
	    test/crash/crash_test.c test/crash/libcrash.a libmnm.a $(LDLIBS)
crash: test/crash/crash_test
	test/crash/crash_test -l
mutants: test/crash/crash_test
	CC="$(CC)" FLAGS="$(FLAGS) $(CFLAGS)" LDLIBS="$(LDLIBS)" \
	    sh test/crash/mutants

# The benchmark; on Linux it counts the relay's syncs, and can slow them down.
BENCH = test/load/bench.c test/load/storage.c test/load/trial.c \
	test/load/load.c test/load/baseline.c test/load/procstat.c
test/load/bench: $(BENCH) test/lib/libtest.a libmnm.a test/*/*.h
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(BENCH) test/lib/libtest.a \
	    libmnm.a $(LDLIBS)
test/load/count: test/load/count.c test/load/load.c test/lib/libtest.a \
    libmnm.a test/*/*.h
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ test/load/count.c test/load/load.c \
	    test/lib/libtest.a libmnm.a $(LDLIBS)
test/load/slowsync.so: test/load/slowsync.c
	$(CC) -std=c11 -O2 -Wall -shared -fPIC -o $@ test/load/slowsync.c

HEADER = $(BEARSSL)/include/bearssl/bearssl_ssl.h
mnm.o $(OBJS) $(SIM) $(SUPPORT) $(CRASH): $(HEADER) *.h */*.h
$(SUPPORT) $(CRASH): test/*/*.h
$(TESTS) $(ENDS) $(TOOLS): test/lib/libtest.a libmnm.a test/*/*.h
$(HEADER):
	@echo "BearSSL is missing: apt-get install libbearssl-dev" \
	    "(or make BEARSSL=/path)" >&2; exit 1

.PHONY: run all-tests test crash mutants bench bench-full instructions \
    static install uninstall clean
run: mnm
	./mnm

all-tests: mnm test/crash/crash_test $(TESTS) $(ENDS) $(TOOLS) test/load/bench

test: all-tests
	sh test/run "sh test/layers" $(TESTS) test/crash/crash_test \
	    "test/e2e/e2e ./mnm" "test/e2e/commands ./mnm" "test/e2e/admin ./mnm" "test/e2e/backup ./mnm" \
	    "test/e2e/sim ./mnm" "test/load/bench --smoke"

# How much it carries here; test/load/bench.md explains.  The full run takes
# over an hour, and draws how cost grows.
bench: mnm test/load/bench test/load/slowsync.so
	test/load/bench
bench-full: mnm test/load/bench test/load/slowsync.so
	test/load/bench --full --runs 3
	sh test/load/plot build/bench.json >test/load/bench.svg

# Instructions for each message, counted by valgrind: they do not depend on how
# busy the machine is.
instructions: mnm test/load/count
	sh test/load/instructions

# One binary for any Linux of this kind of processor: with musl if it is there.
# It is for small places: it has no tables for debuggers.
STATIC = -flto=auto -flto-partition=one -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-Wl,--gc-sections,--sort-section=alignment -Wl,-z,noseparate-code \
	-Wl,-z,norelro,-z,common-page-size=256 -no-pie -static -s
static:
	@lib=$(BEARSSL)/lib/libbearssl.a; \
	test -e $$lib || lib=`$(CC) -print-file-name=libbearssl.a`; \
	objcopy -R .eh_frame $$lib mnm-static.a; \
	if command -v musl-gcc >/dev/null; then \
	    set -- musl-gcc dist/fortify.c; \
	else set -- $(CC); fi; \
	size=-Oz; $$1 $$size -E -x c /dev/null >/dev/null 2>&1 || size=-Os; \
	"$$@" $(FLAGS) $$size $(STATIC) -o mnm-static mnm.c dist/nosim.c \
	    $(OBJS:.o=.c) mnm-static.a -lpthread && ls -l mnm-static

install: mnm
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/mnm
	install -m 755 mnm $(DESTDIR)$(PREFIX)/bin/mnm
	install -d $(DESTDIR)$(PREFIX)/share/man/man8 \
	    $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 mnm.8 $(DESTDIR)$(PREFIX)/share/man/man8/mnm.8
	install -m 644 mnm.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/mnm.conf.5
	install -d $(DESTDIR)$(PREFIX)/share/doc/mnm/fail2ban
	install -m 644 mnm.conf dist/mnm.service \
	    $(DESTDIR)$(PREFIX)/share/doc/mnm
	install -m 644 dist/fail2ban/mnm.conf dist/fail2ban/mnm.local \
	    $(DESTDIR)$(PREFIX)/share/doc/mnm/fail2ban

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mnm
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/mnm.8
	rm -f $(DESTDIR)$(PREFIX)/share/man/man5/mnm.conf.5
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/mnm

clean:
	rm -f mnm mnm-static *.o */*.o test/*/*.o *.a test/*/*.a \
	    test/load/*.so test/load/bench test/load/count \
	    test/crash/crash_test $(TESTS) $(ENDS) $(TOOLS)
