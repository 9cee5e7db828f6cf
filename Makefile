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
OBJS = log.o buf.o code.o json.o set.o conf.o ntp.o file.o \
	journal.o spool.o queue.o tree.o store.o \
	name.o record.o recfile.o roster.o userdb.o data.o \
	x509.o cert.o tls.o \
	frame.o upload.o link.o deliver.o presence.o account.o group.o \
	post.o op.o tmtp.o \
	ready.o net.o conn.o root.o server.o

TESTS = test/code_test test/json_test test/conf_test test/ntp_test \
	test/name_test test/record_test test/recfile_test test/roster_test \
	test/userdb_test test/cert_test test/tls_test test/frame_test \
	test/ready_test

TOOLS = test/json_check
SUPPORT = test/client.o test/relay.o

mnm: mnm.o libmnm.a
	$(CC) $(LDFLAGS) -o $@ mnm.o libmnm.a $(LDLIBS)

libmnm.a: $(OBJS)
	rm -f $@
	ar rc $@ $(OBJS)

test/libtest.a: $(SUPPORT)
	rm -f $@
	ar rc $@ $(SUPPORT)

.SUFFIXES:
.SUFFIXES: .c .o
.c.o:
	$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<
.c:
	$(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< test/libtest.a libmnm.a \
	    $(LDLIBS)

HEADER = $(BEARSSL)/include/bearssl/bearssl_ssl.h
mnm.o $(OBJS) $(SUPPORT): $(HEADER) *.h
$(SUPPORT): test/*.h
$(TESTS) $(TOOLS): test/libtest.a libmnm.a test/*.h
$(HEADER):
	@echo "BearSSL is missing: apt-get install libbearssl-dev" \
	    "(or make BEARSSL=/path)" >&2; exit 1

.PHONY: run test static install uninstall clean
run: mnm
	./mnm

test: mnm $(TESTS) $(TOOLS)
	sh test/run test/layers $(TESTS)

# One binary for any Linux of this kind of processor: with musl if it is there.
STATIC = -Os -ffunction-sections -fdata-sections -Wl,--gc-sections -static -s
static:
	@lib=$(BEARSSL)/lib/libbearssl.a; \
	test -e $$lib || lib=`$(CC) -print-file-name=libbearssl.a`; \
	if command -v musl-gcc >/dev/null; then set -- musl-gcc dist/fortify.c; \
	else set -- $(CC); fi; \
	"$$@" $(FLAGS) $(STATIC) -o mnm-static mnm.c $(OBJS:.o=.c) $$lib \
	    -lpthread && strip -R .eh_frame -R .comment mnm-static && \
	ls -l mnm-static

install: mnm
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/mnm
	install -m 755 mnm $(DESTDIR)$(PREFIX)/bin/mnm
	install -m 644 mnm.conf $(DESTDIR)$(PREFIX)/share/doc/mnm/mnm.conf

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mnm
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/mnm

clean:
	rm -f mnm mnm-static *.o *.a test/*.o test/*.a $(TESTS) $(TOOLS)
