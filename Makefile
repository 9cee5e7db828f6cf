# mnm: make, make run, make test, make static, make install
#
# Sanitizers:  make clean && make test CFLAGS="-O1 -g -fsanitize=address,undefined"
# clang:       make clean && make test CC=clang
# BearSSL in another place:  make BEARSSL=/path  (with lib/ and include/bearssl/)

CC      = cc
CFLAGS  = -O2 -g
LDFLAGS =
PREFIX  = /usr/local
LIBDIR  = $(PREFIX)/lib
VERSION = sed -n 's/^\#define MNM_VERSION "\(.*\)"/\1/p' mnm.h
BEARSSL = /usr
FLAGS   = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 \
	-D_TIME_BITS=64 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -I. -isystem $(BEARSSL)/include/bearssl
LDLIBS  = -L$(BEARSSL)/lib -lbearssl -lpthread

# The rooms, from the bottom to the top.
OBJS =	base/buf.o base/clock.o base/confine.o base/encode.o base/fd.o \
	base/fold.o base/list.o base/log.o base/qr.o base/secret.o \
	base/set.o base/subnet.o base/typo.o base/utf8.o \
	json.o \
	disk/file.o disk/journal.o disk/quarantine.o disk/recfile.o \
	disk/segment.o disk/syncer.o \
	conf.o ntp.o \
	store/aside.o store/copy.o store/discard.o store/ids.o store/index.o \
	store/large.o store/msgfile.o store/news.o store/pack.o store/queue.o \
	store/sweep.o store/takeover.o store/upload.o store.o \
	userdb/files.o userdb/invite.o userdb/name.o userdb/receipts.o \
	userdb/record.o userdb/roster.o userdb.o \
	datadir.o \
	tmtp/auth.o tmtp/cork.o tmtp/endpoint.o tmtp/expire.o tmtp/group.o tmtp/header.o \
	tmtp/hold.o tmtp/limit.o tmtp/login.o tmtp/members.o tmtp/moderate.o tmtp/oidc.o \
	tmtp/op.o tmtp/outbox.o tmtp/ping.o tmtp/post.o tmtp/presence.o \
	tmtp/register.o tmtp/request.o tmtp/retry.o tmtp/route.o tmtp/seal.o \
	tmtp/session.o tmtp/share.o tmtp/useredit.o tmtp/wake.o tmtp.o \
	net/authority.o net/ca_page.o net/cert.o net/channel.o net/conn.o \
	net/http.o net/identity.o net/jwks.o net/listen.o net/names.o \
	net/newcomers.o net/poller.o net/proxy.o net/stream.o net/tls.o net/websocket.o \
	net/x509.o web/files.o \
	push/address.o push/answer.o push/push.o push/sender.o push/roots.o \
	push/vapid.o \
	admin/admin.o admin/backup.o admin/check.o admin/cli.o \
	admin/commands.o admin/control.o admin/fsck.o admin/init.o \
	admin/invitation.o \
	admin/output.o admin/process.o admin/stats.o \
	server.o library.o
# The other end of a connection.
CLIENT = client/account.o client/agent.o client/around.o client/client.o \
	client/contacts.o client/dial.o client/dialog.o client/learn.o \
	client/outgoing.o client/post_form.o client/seen.o client/trust.o \
	client/wire.o
# Mail, for tmtp.
MAIL =	mail/charset.o mail/field.o mail/html.o mail/letter.o mail/mime.o \
	mail/transfer.o
# The commands of tmtp, which needs of the rest only CLIENT and the bottom.
CMD =	cmd/context.o cmd/device.o cmd/group.o cmd/join.o cmd/mailbox.o \
	cmd/people.o cmd/post.o cmd/queue.o cmd/read.o cmd/request.o cmd/show.o \
	cmd/talk.o cmd/terminal.o
# Those of them that carry mail, or connect two relays.
GATES =	cmd/bridge.o cmd/conversation.o cmd/gateway.o cmd/mailout.o \
	cmd/sendmail.o cmd/station.o
# The client's library with all that it needs, and tmtp with that.
LIBTMTP = $(CLIENT) base/buf.o base/clock.o base/confine.o base/encode.o base/fd.o \
	base/log.o base/utf8.o disk/file.o json.o net/poller.o
TMTP =	$(CMD) $(GATES) $(MAIL) $(LIBTMTP) base/qr.o base/secret.o base/typo.o
# mnm N, and what only that needs: the small static binary has neither.
SIM =	$(CLIENT) sim/crowd.o sim/expect.o \
	sim/histogram.o sim/selftest.o \
	sim/selftest_lines.o sim/sim.o sim/talk.o

UNIT = test/unit
TESTS = $(UNIT)/log_test $(UNIT)/printf_test $(UNIT)/encode_test \
	$(UNIT)/json_test $(UNIT)/confine_test \
	$(UNIT)/set_test $(UNIT)/qr_test $(UNIT)/mime_test $(UNIT)/conf_test $(UNIT)/ntp_test \
	$(UNIT)/journal_test $(UNIT)/store_test $(UNIT)/name_test \
	$(UNIT)/record_test $(UNIT)/files_test $(UNIT)/roster_test \
	$(UNIT)/userdb_test $(UNIT)/datadir_test $(UNIT)/backup_test $(UNIT)/fsck_test \
	$(UNIT)/cert_test $(UNIT)/authority_test $(UNIT)/tls_test $(UNIT)/tls_bad_test \
	$(UNIT)/oidc_test $(UNIT)/jwks_test $(UNIT)/client_test \
	$(UNIT)/dialog_test $(UNIT)/account_test $(UNIT)/agent_test \
	$(UNIT)/around_test \
	$(UNIT)/http_test $(UNIT)/websocket_test \
	$(UNIT)/header_test $(UNIT)/tmtp_test \
	$(UNIT)/numbering_test $(UNIT)/register_test $(UNIT)/expire_test \
	$(UNIT)/wake_test $(UNIT)/push_test $(UNIT)/presence_test \
	$(UNIT)/newnode_test $(UNIT)/moderate_test $(UNIT)/cork_test \
	$(UNIT)/block_test \
	$(UNIT)/seal_test $(UNIT)/share_test \
	test/talk/talk \
	$(UNIT)/poller_test $(UNIT)/newcomers_test $(UNIT)/channel_test $(UNIT)/proxy_test \
	$(UNIT)/poller_poll_test $(UNIT)/expect_test
ENDS  = test/e2e/e2e test/e2e/commands test/e2e/setup test/e2e/admin \
	test/e2e/backup test/e2e/doors test/e2e/library \
	test/e2e/push test/e2e/system \
	test/e2e/old test/e2e/oidc
# What members and strangers may do to harm others, and what that costs.
ATTACKS = test/attack/clock test/attack/logins test/attack/memory \
	test/attack/newnode test/attack/news test/attack/ohi \
	test/attack/reader test/attack/requests test/attack/shares
TOOLS = $(ATTACKS) $(UNIT)/json_check
SUPPORT = test/lib/relay.o test/e2e/operator.o \
	test/lib/peer.o test/e2e/crowd.o test/e2e/fulldisk.o \
	test/lib/check.o test/lib/harness.o test/lib/signer.o test/talk/script.o

all: mnm cmd/tmtp

mnm: mnm.o libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ mnm.o libmnm.a $(LDLIBS)

cmd/tmtp: cmd/tmtp.o $(CMD) $(GATES) libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ cmd/tmtp.o $(CMD) $(GATES) libmnm.a \
	    $(LDLIBS)

libmnm.a: $(OBJS) $(SIM) $(MAIL)
	rm -f $@
	ar rc $@ $(OBJS) $(SIM) $(MAIL)

test/lib/libtest.a: $(SUPPORT)
	rm -f $@
	ar rc $@ $(SUPPORT)

.SUFFIXES:
.SUFFIXES: .c .o
.SECONDARY:
# GNU make's own rule, which makes no object file, is switched off.
%: %.c
.c.o:
	$(CC) $(FLAGS) $(CFLAGS) "-fdebug-prefix-map=$$PWD=." -c -o $@ $<
.o:
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< test/lib/libtest.a libmnm.a $(LDLIBS)

# The conversation of the self-test as an array of strings.
sim/selftest_lines.c: sim/selftest.t
	{ echo '#include <stddef.h>'; echo '#include "sim/selftest.h"'; \
	echo 'const char *const selftest_lines[] = {'; \
	sed -e ':a' -e '$$!N' -e 's/\n	//' -e ta -e 'P' -e 'D' sim/selftest.t | \
	sed -e '/^#/d' -e '/^$$/d' -e 's/[\\"]/\\&/g' -e 's/.*/"&",/'; \
	echo 'NULL };'; } >$@

# The page, compressed, as arrays.
WEB =	web/index.html web/style.css web/icon.svg web/icon.png \
	web/manifest.webmanifest web/sw.js \
	web/strings.js web/dom.js web/tmtp.js web/post.js web/markdown.js web/qr.js \
	web/store.js web/archive.js web/inbox.js web/engine.js web/wake.js \
	web/people.js web/settings.js web/list.js web/join.js web/talk.js web/app.js
web/files.c: web/embed $(WEB)
	sh web/embed $(WEB) >$@.new
	mv $@.new $@

# The same test, with net/poller.c built for poll instead of epoll.
test/unit/poller_poll_test: test/unit/poller_test.c net/poller.c \
    test/lib/libtest.a libmnm.a
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -DPOLLER_POLL -o $@ \
	    test/unit/poller_test.c net/poller.c test/lib/libtest.a libmnm.a

# Power cuts, failing calls and damage, on a disk in memory: the linker redirects
# every call that touches files to the test.  crash and mutants are the long
# runs: all states, and broken versions of the program, all of which must fail.
CRASH = test/crash/fork.o test/crash/pages.o test/crash/disk.o \
	test/crash/disk_calls.o test/crash/world.o test/crash/actions.o \
	test/crash/model.o test/crash/damage.o test/crash/backup.o \
	test/crash/old.o
# Files of an index have few lines, so that there are several of them; a sweep
# takes small steps, so that much happens meanwhile.  These are linked before
# libmnm.a, which has others.
SMALL = test/crash/index.o test/crash/store.o
test/crash/index.o: store/index.c
	$(CC) $(FLAGS) $(CFLAGS) -DLINES_MAX=6 -c -o $@ store/index.c
test/crash/store.o: store.c
	$(CC) $(FLAGS) $(CFLAGS) -DSWEEP_STEPS=1 -c -o $@ store.c
test/crash/libcrash.a: $(CRASH)
	rm -f $@
	ar rc $@ $(CRASH)
test/crash/crash_test: test/crash/crash_test.o test/crash/crash.wrap \
    $(SMALL) test/crash/libcrash.a libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) @test/crash/crash.wrap -o $@ \
	    test/crash/crash_test.o $(SMALL) \
	    test/crash/libcrash.a libmnm.a $(LDLIBS)
attack: mnm $(ATTACKS)
	set -e; for attack in $(ATTACKS); do $$attack ./mnm; done
crash: test/crash/crash_test
	test/crash/crash_test -l
mutants: test/crash/crash_test
	CC="$(CC)" FLAGS="$(FLAGS) $(CFLAGS)" LDLIBS="$(LDLIBS)" \
	    sh test/crash/mutants

# tmtp is killed before each call, not only each seventh.
killed: mnm cmd/tmtp test/e2e/killer.so
	sh test/e2e/killed ./mnm cmd/tmtp test/e2e/killer.so
	sh test/mail/killed ./mnm cmd/tmtp test/e2e/killer.so

# Relays and connections in several threads.
TSAN = -fsanitize=thread -g -O1
tsan: web/files.c
	mkdir -p build
	$(CC) $(FLAGS) $(TSAN) -o build/library-tsan test/e2e/library.c \
	    test/lib/check.c $(OBJS:.o=.c) $(CLIENT:.o=.c) $(LDLIBS)
	build/library-tsan
	$(CC) $(FLAGS) $(TSAN) -o build/channel-tsan test/unit/channel_test.c \
	    test/lib/check.c net/channel.c base/*.c $(LDLIBS)
	build/channel-tsan

# The benchmark.  On Linux it counts the relay's syncs, and can slow them down.
BENCH = test/load/bench.o test/load/storage.o test/load/trial.o \
	test/load/load.o test/load/wsclient.o test/load/baseline.o \
	test/load/procstat.o
test/load/bench: $(BENCH) test/lib/libtest.a libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(BENCH) test/lib/libtest.a \
	    libmnm.a $(LDLIBS)
COUNT = test/load/count.o test/load/load.o test/load/wsclient.o
test/load/count: $(COUNT) test/lib/libtest.a libmnm.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(COUNT) test/lib/libtest.a \
	    libmnm.a $(LDLIBS)
test/e2e/system: test/e2e/odd.so
test/e2e/odd.so: test/e2e/odd.c
	$(CC) -std=c11 -O2 -Wall -Wextra -shared -fPIC -o $@ test/e2e/odd.c -ldl
test/e2e/push: test/e2e/road.so
test/e2e/road.so: test/e2e/road.c
	$(CC) -std=c11 -O2 -Wall -shared -fPIC -o $@ test/e2e/road.c -ldl
test/e2e/killer.so: test/e2e/killer.c
	$(CC) -std=c11 -O2 -Wall -Wextra -shared -fPIC -o $@ \
	    test/e2e/killer.c -ldl
test/load/slowsync.so: test/load/slowsync.c
	$(CC) -std=c11 -O2 -Wall -shared -fPIC -o $@ test/load/slowsync.c

# Fuzzers, built with clang: make fuzz && test/fuzz/fuzz_json
FUZZ = test/fuzz/fuzz_json test/fuzz/fuzz_tmtp test/fuzz/fuzz_mime \
	test/fuzz/fuzz_proxy test/fuzz/fuzz_http test/fuzz/fuzz_websocket test/fuzz/fuzz_dialog \
	test/fuzz/fuzz_ntp test/fuzz/fuzz_conf test/fuzz/fuzz_cert \
	test/fuzz/fuzz_control test/fuzz/fuzz_journal
FUZZED = test/lib/harness.c $(OBJS:.o=.c) $(SIM:.o=.c) $(MAIL:.o=.c)
fuzz: $(FUZZ)
build/fuzz.a: $(FUZZED) *.h */*.h
	rm -rf build/fuzz $@ && mkdir -p build/fuzz
	printf '%s\n' $(FUZZED) | xargs -P 4 -I '{}' sh -c 'clang $(FLAGS) \
	    -O1 -g -fsanitize=fuzzer-no-link,address,undefined -c \
	    -o build/fuzz/`echo {} | tr / _`.o {}'
	ar rc $@ build/fuzz/*.o
$(FUZZ): test/fuzz/*.c build/fuzz.a
	clang $(FLAGS) -O1 -g -fsanitize=fuzzer,address,undefined -o $@ $@.c \
	    build/fuzz.a $(LDLIBS)

HEADER = $(BEARSSL)/include/bearssl/bearssl_ssl.h
PROGRAMS = $(TESTS) $(ENDS) $(TOOLS)
TEST_OBJS = $(SUPPORT) $(CRASH) $(BENCH) $(COUNT) $(PROGRAMS:=.o) \
	test/crash/crash_test.o
mnm.o cmd/tmtp.o $(CMD) $(GATES) $(OBJS) $(SIM) $(MAIL) $(TEST_OBJS): $(HEADER) *.h */*.h
$(TEST_OBJS): test/*/*.h
$(PROGRAMS): test/lib/libtest.a libmnm.a
$(UNIT)/tls_test.o $(UNIT)/tls_bad_test.o: net/tls.c $(UNIT)/tls_pair.c
$(UNIT)/printf_test.o: dist/printf.c
$(HEADER):
	@echo "BearSSL is missing: apt-get install libbearssl-dev" \
	    "(or make BEARSSL=/path)" >&2; exit 1

.PHONY: all run all-tests test test-c tsan crash killed mutants fuzz bench bench-full instructions \
    static install install-lib uninstall image twice deb debian-test clean
run: mnm
	./mnm

all-tests: mnm cmd/tmtp test/e2e/killer.so test/crash/crash_test $(PROGRAMS) test/load/bench

# All that is tested; and of it what a sanitizer may find something in.
C_TESTS = test/talk/talk $(TESTS:test/talk/talk=) \
	"test/e2e/e2e ./mnm" "test/e2e/doors ./mnm" "test/e2e/commands ./mnm" \
	"test/e2e/setup ./mnm" \
	"test/e2e/admin ./mnm" "test/e2e/backup ./mnm" "test/e2e/old ./mnm" \
	"test/e2e/oidc ./mnm" "test/e2e/push ./mnm" \
	"test/e2e/system ./mnm test/e2e/odd.so" test/e2e/library \
	"sh test/mail/gateway ./mnm cmd/tmtp" "test/e2e/tmtp ./mnm cmd/tmtp" \
	"test/e2e/sim ./mnm" "test/load/bench --smoke"
test: all-tests build/libmnm.a build/libtmtp.a
	sh test/run "sh test/web/run ./mnm" "sh test/layers" \
	    "sh test/mail/killed ./mnm cmd/tmtp test/e2e/killer.so 7" \
	    "test/e2e/killed ./mnm cmd/tmtp test/e2e/killer.so 7" \
	    test/crash/crash_test $(C_TESTS) \
	    "sh test/e2e/fail2ban ./mnm cmd/tmtp" \
	    "sh test/e2e/proxies ./mnm" "sh test/mail/opinion" \
	    "sh test/e2e/terminal ./mnm cmd/tmtp" \
	    "CC='$(CC) $(CFLAGS)' CXX='$(CXX) $(CFLAGS)' sh test/e2e/embed" \
	    "sh test/mail/system ./mnm cmd/tmtp"
test-c: all-tests
	sh test/run "test/crash/crash_test -q" $(C_TESTS)

# How much this machine can carry; see test/load/bench.md.  The full run takes
# over an hour, and also draws how cost grows.
bench: mnm test/load/bench test/load/slowsync.so
	test/load/bench
bench-full: mnm test/load/bench test/load/slowsync.so
	test/load/bench --full --runs 3
	sh test/load/plot build/bench.json >test/load/bench.svg

# Instructions per message, counted by valgrind.
instructions: mnm test/load/count
	sh test/load/instructions

# One binary for any Linux on this kind of processor, or on CC's, with musl if
# installed.  It is for small systems: no debug information, no unwind tables.
STATIC = -flto=auto -flto-partition=one \
	-fno-asynchronous-unwind-tables -fno-unwind-tables \
	-ffunction-sections -fdata-sections \
	-fno-pie -fno-ident -fno-inline-functions-called-once \
	-Wl,--gc-sections,--sort-section=alignment -Wl,-z,noseparate-code \
	-Wl,-z,norelro,-z,common-page-size=256 -no-pie -static -s
# In place of what musl, or BearSSL for glibc, has of these.
MUSL = dist/fortify.c dist/printf.c
static: web/files.c
	@machine=`$(CC) -dumpmachine`; lib=$(BEARSSL)/lib/libbearssl.a; \
	test -e $$lib || lib=`$(CC) -print-file-name=libbearssl.a`; \
	test -e $$lib || lib=/usr/lib/$$machine/libbearssl.a; \
	`$(CC) -print-prog-name=objcopy` -R .eh_frame $$lib mnm-static.a || \
	    exit 1; set -- $(CC); \
	musl=`echo $$machine | sed 's/gnu/musl/; s/abi64//'`; \
	if test $${machine%%-*} = "`uname -m`" && command -v musl-gcc >/dev/null; \
	then set -- musl-gcc $(MUSL); \
	elif test -e /usr/lib/$$musl/musl-gcc.specs; then set -- $(CC) \
	    $(MUSL) -specs /usr/lib/$$musl/musl-gcc.specs; fi; \
	set -- "$$@" -idirafter /usr/$$machine/include \
	    -idirafter /usr/include/$$machine -idirafter /usr/include; \
	size='-Oz -fcf-protection=none'; \
	$$1 $$size -E -x c /dev/null >/dev/null 2>&1 || size=-Os; \
	"$$@" $(FLAGS) $$size $(STATIC) -o mnm-static mnm.c dist/nosim.c \
	    dist/algorithms.c $(OBJS:.o=.c) mnm-static.a -lpthread && \
	"$$@" $(FLAGS) $$size $(STATIC) -o tmtp-static cmd/tmtp.c \
	    dist/algorithms.c $(TMTP:.o=.c) mnm-static.a && ls -l mnm-static tmtp-static

# The relay for other programs: one object, in which only mnm_* is visible.
build/libmnm.a: $(OBJS)
	mkdir -p build
	$(LD) -r -o build/mnm.o $(OBJS)
	objcopy --wildcard --keep-global-symbol='mnm_*' build/mnm.o
	rm -f $@
	ar rcD $@ build/mnm.o

# The client for other programs: visible is what the installed headers declare.
build/libtmtp.a: $(LIBTMTP)
	mkdir -p build
	$(LD) -r -o build/tmtp.o $(LIBTMTP)
	objcopy --wildcard --keep-global-symbol='account_*' \
	    --keep-global-symbol='agent_*' --keep-global-symbol='buf_*' \
	    --keep-global-symbol='client_*' --keep-global-symbol='contacts_*' \
	    --keep-global-symbol='dial_*' --keep-global-symbol='dialog_*' \
	    --keep-global-symbol='outgoing_*' --keep-global-symbol='poller_*' \
	    --keep-global-symbol='post_form_*' --keep-global-symbol='span_*' \
	    --keep-global-symbol='trust_*' --keep-global-symbol='wire_*' \
	    --keep-global-symbol='x[acgrz]*' build/tmtp.o
	rm -f $@
	ar rcD $@ build/tmtp.o

LIB = $(DESTDIR)$(LIBDIR)
INCLUDE = $(DESTDIR)$(PREFIX)/include/tmtp
install-lib: build/libmnm.a build/libtmtp.a
	install -d $(LIB)/pkgconfig $(DESTDIR)$(PREFIX)/include \
	    $(INCLUDE)/base $(INCLUDE)/client $(INCLUDE)/net
	install -m 644 build/libtmtp.a $(LIB)/libtmtp.a
	install -m 644 base/buf.h $(INCLUDE)/base/buf.h
	install -m 644 net/poller.h $(INCLUDE)/net/poller.h
	install -m 644 client/*.h $(INCLUDE)/client
	{ echo "prefix=$(PREFIX)"; echo "Name: tmtp"; \
	echo "Description: a client of message relays inside a program"; \
	echo "Version: `$(VERSION)`"; \
	echo 'Cflags: -I$${prefix}/include/tmtp -I$(BEARSSL)/include/bearssl'; \
	echo 'Libs: -L$(LIBDIR) -ltmtp $(LDLIBS)'; } \
	    >$(LIB)/pkgconfig/tmtp.pc
	chmod 644 $(LIB)/pkgconfig/tmtp.pc
	install -m 644 build/libmnm.a $(LIB)/libmnm.a
	install -m 644 mnm.h $(DESTDIR)$(PREFIX)/include/mnm.h
	{ echo "prefix=$(PREFIX)"; echo "Name: mnm"; \
	echo "Description: a message relay inside a program"; \
	echo "Version: `$(VERSION)`"; \
	echo 'Cflags: -I$${prefix}/include'; \
	echo 'Libs: -L$(LIBDIR) -lmnm $(LDLIBS)'; } \
	    >$(LIB)/pkgconfig/mnm.pc
	chmod 644 $(LIB)/pkgconfig/mnm.pc

SHARE = $(DESTDIR)$(PREFIX)/share
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
PATHS = sed 's,/usr/local/\(bin\|share\),$(PREFIX)/\1,g'
install: mnm cmd/tmtp
	install -d $(DESTDIR)$(PREFIX)/bin $(UNITS) $(SHARE)/man/man1 \
	    $(SHARE)/man/man8 $(SHARE)/man/man5 $(SHARE)/doc/mnm/fail2ban \
	    $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions
	install -m 755 mnm cmd/tmtp $(DESTDIR)$(PREFIX)/bin
	for name in mnm tmtp; do \
	    install -m 644 dist/completion/$$name.bash \
	        $(SHARE)/bash-completion/completions/$$name && \
	    install -m 644 dist/completion/_$$name \
	        $(SHARE)/zsh/site-functions/_$$name || exit 1; done
	$(PATHS) tmtp.1 >$(SHARE)/man/man1/tmtp.1
	$(PATHS) mnm.8 >$(SHARE)/man/man8/mnm.8
	$(PATHS) mnm.conf.5 >$(SHARE)/man/man5/mnm.conf.5
	$(PATHS) dist/mnm.service >$(UNITS)/mnm.service
	$(PATHS) dist/tmtp-mail.service >$(SHARE)/doc/mnm/tmtp-mail.service
	$(PATHS) dist/sendmail >$(SHARE)/doc/mnm/sendmail
	chmod 644 $(UNITS)/mnm.service $(SHARE)/doc/mnm/tmtp-mail.service \
	    $(SHARE)/man/man1/tmtp.1 $(SHARE)/man/man8/mnm.8 \
	    $(SHARE)/man/man5/mnm.conf.5
	chmod 755 $(SHARE)/doc/mnm/sendmail
	install -m 644 mnm.conf dist/tmtp-backup.service \
	    dist/tmtp-backup.timer $(SHARE)/doc/mnm
	install -m 644 dist/fail2ban/mnm.conf dist/fail2ban/mnm.local \
	    $(SHARE)/doc/mnm/fail2ban

# What make static has built, as a container image.
image: static
	mkdir -p build
	sh dist/image mnm-static tmtp-static build/mnm-image.tar
# Two builds give the same bytes.
twice:
	sh test/e2e/twice static

# The Debian packages, in build/deb; and what becomes of them in a bare Debian.
deb:
	sh dist/mkdeb
debian-test:
	sh test/e2e/debian

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mnm $(DESTDIR)$(PREFIX)/bin/tmtp \
	    $(SHARE)/man/man8/mnm.8 $(SHARE)/man/man5/mnm.conf.5 \
	    $(SHARE)/man/man1/tmtp.1 $(UNITS)/mnm.service $(SHARE)/zsh/site-functions/_mnm \
	    $(SHARE)/zsh/site-functions/_tmtp \
	    $(SHARE)/bash-completion/completions/mnm \
	    $(SHARE)/bash-completion/completions/tmtp
	rm -rf $(SHARE)/doc/mnm
	rm -rf $(INCLUDE)
	rm -f $(LIB)/libtmtp.a $(LIB)/pkgconfig/tmtp.pc
	rm -f $(LIB)/libmnm.a $(LIB)/pkgconfig/mnm.pc \
	    $(DESTDIR)$(PREFIX)/include/mnm.h

clean:
	rm -f mnm cmd/tmtp mnm-static tmtp-static sim/selftest_lines.c web/files.c *.o */*.o test/*/*.o \
	    *.a test/*/*.a build/libmnm.a build/mnm.o build/libtmtp.a build/tmtp.o \
	    test/load/*.so test/e2e/*.so test/load/bench test/load/count \
	    test/crash/crash_test $(TESTS) $(ENDS) $(TOOLS) $(FUZZ)
