#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "test/lib/check.h"

#define WHY_ROOM 512

#define INVALID "invalid value for "
#define ENDED ": invalid JSON: the file ends too early"
#define UNENDED "invalid JSON or UTF-8; perhaps a string has no closing quote"
#define MARK "invalid JSON or UTF-8; check commas, quotes and brackets at or " \
	"before: "
#define UNKNOWN "; mnm.conf lists all keys"
#define MEANT(key) "; did you mean \"" key "\"?"
#define TIMES "; must be from 1s to 1h, in seconds or like \"10s\" or \"2m\""
#define SIZES "; must be from 16M to 64G, in bytes or like \"64K\" or \"2G\""
#define WINDOW "; must be a whole number from 1 to 64"
#define GROUP "; must be an object like {}"
#define LISTENERS "; must be an object, or a list of 1 to 16 objects"
#define MODES "; must be three or four octal digits like 0660"
#define OPEN " can be reached from other machines: without TLS, it must be a " \
	"Unix socket or a loopback address like 127.0.0.1:3456"
#define UNIX "\"net\": \"unix\", \"laddr\": \"/run/s\""
#define NINE "{},{},{},{},{},{},{},{},{}"
#define HUNDRED "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HOSTS "; must be a list of 0 to 16 entries, \"host\" or \"host:port\""
#define NETS "; must be a list of 0 to 64 networks like \"10.0.0.0/8\""
#define OPS "; must be one of: auto 2018 2020"
#define EXPIRE "; must be a whole number from 0 to 36500"
#define OBJECTS "; must be a list of 0 to 26 objects"
#define STRINGS "; must be a list of 1 to 16 strings of 1 to 1024 bytes"
#define LACKS ": this object of \"authby\" has no "
#define LABEL "\"label\": \"L\""
#define LOGIN "\"login\": [\"https://l\",\"a=b\"]"
#define TOKEN "\"token\": [\"https://t\"]"
#define KEYS "\"keys\": \"k.json\""
#define ISS "\"iss\": \"https://i\""
#define AUD "\"aud\": \"me\""
#define PROVIDER LABEL "," LOGIN "," TOKEN "," KEYS "," ISS "," AUD
#define CONTACT "; must be \"mailto:...\" or \"https://...\" of 0 to 256 " \
	"bytes, or empty"
#define DOMAINS "; must be a list of 0 to 16 entries like " \
	"\"push.example.org\" or \"*.example.org\", in lower case"
#define ORIGINS "; must be a list of 0 to 64 entries like " \
	"\"https://chat.example.org\", without a path"
#define DATA "; must be a string of 1 to 1024 bytes, without NUL"

/* What may be wrong with a file, and the error after its name. */
static const struct {
	const char *text;
	const char *why;
} refusals[] = {
	/* Not the encoding. */
	{ "\xff\xfe{}", ": it is UTF-16: save it as UTF-8" },
	{ "\xfe\xff{}", ": it is UTF-16: save it as UTF-8" },
	{ "\xef\xbb\xbf{\n", ":1" ENDED },
	/* The grammar. */
	{ "", ":1" ENDED },
	{ "\n\n", ":1" ENDED },
	{ "{\n\"window\": 8,\n", ":2" ENDED },
	{ "{\n\"data\": \"x", ":2: " UNENDED },
	{ "{\n\"data\": \"x\n\"}", ":2: " UNENDED },
	{ "{\r\n\"data\": \"x\r\n\"}", ":2: " UNENDED },
	{ "{\"data\": \"\xff\"\n}", ":1: " UNENDED },
	{ "{\"data\": \"\xff\"}\n", ":1: " MARK "}" },
	{ "{ \"window\": 8,\n\n}\n", ":3: " MARK "}" },
	{ "{\n\"window\": 8\n\"data\": \"x\"\n}", ":3: " MARK
	    "\"data\": \"x\"" },
	{ "{}\n{}", ":2: " MARK "{}" },
	{ "{\n// comment\n}", ":2: " MARK "// comment" },
	{ "{\n\"window\": 08}", ":2: " MARK "8}" },
	{ "\n[]", ":2: must be an object like {}" },
	{ "8", ":1: must be an object like {}" },

	/* Networks. */
	{ "{\n\"register_from\": [\"10.0.0.0/8\",\n\"10.0.0.1/8\"]}",
	    ":3: " INVALID "\"register_from\": \"10.0.0.1/8\"" NETS },
	{ "{\"register_from\": \"10.0.0.0/8\"}",
	    ":1: " INVALID "\"register_from\": \"10.0.0.0/8\"" NETS },
	{ "{\"register\": \"invited\"}",
	    ":1: " INVALID "\"register\": \"invited\"; must be "
	    "one of: open invite closed" },

	/* Numbers. */
	{ "{\n\"expire_days\": -1}",
	    ":2: " INVALID "\"expire_days\": -1" EXPIRE },
	{ "{\"expire_days\": 36501}",
	    ":1: " INVALID "\"expire_days\": 36501" EXPIRE },
	{ "{\"expire_days\": \"30d\"}",
	    ":1: " INVALID "\"expire_days\": \"30d\"" EXPIRE },
	{ "{\"expire_days\": 0.5}",
	    ":1: " INVALID "\"expire_days\": 0.5" EXPIRE },
	{ "{\"groups_max\": 1000001}",
	    ":1: " INVALID "\"groups_max\": 1000001; must be a "
	    "whole number from 0 to 1000000" },

	/* Who is asked to wake devices. */
	{ "{\"push_contact\": \"me@example.org\"}", ":1: " INVALID
	    "\"push_contact\": \"me@example.org\"" CONTACT },
	{ "{\"push_contact\": \"mailto:\"}",
	    ":1: " INVALID "\"push_contact\": \"mailto:\"" CONTACT },
	{ "{\"push_contact\": \"mailto:a b@c\"}",
	    ":1: " INVALID "\"push_contact\": \"mailto:a b@c\"" CONTACT },
	{ "{\"push_contact\": \"https://x\\\"\"}",
	    ":1: " INVALID "\"push_contact\": \"https://x\\\"\"" CONTACT },
	{ "{\"push_contact\": 1}", ":1: " INVALID "\"push_contact\": 1"
	    CONTACT },
	{ "{\"web_origins\": [\"https://a.b\",\n\"https://a.b/\"]}",
	    ":2: " INVALID "\"web_origins\": \"https://a.b/\"" ORIGINS },
	{ "{\"web_origins\": [\"a.b\"]}",
	    ":1: " INVALID "\"web_origins\": \"a.b\"" ORIGINS },
	{ "{\"web_origins\": [\"*\"]}",
	    ":1: " INVALID "\"web_origins\": \"*\"" ORIGINS },
	{ "{\"web_origins\": [\"null\"]}",
	    ":1: " INVALID "\"web_origins\": \"null\"" ORIGINS },
	{ "{\"web_origins\": [\"https://a b\"]}",
	    ":1: " INVALID "\"web_origins\": \"https://a b\"" ORIGINS },
	{ "{\"web_origins\": [\"https://a:99999\"]}",
	    ":1: " INVALID "\"web_origins\": \"https://a:99999\"" ORIGINS },
	{ "{\"web_origins\": [\"https://a:\"]}",
	    ":1: " INVALID "\"web_origins\": \"https://a:\"" ORIGINS },
	{ "{\"web_origins\": [\"https://::1\"]}",
	    ":1: " INVALID "\"web_origins\": \"https://::1\"" ORIGINS },
	{ "{\"listen\": {\"laddr\": \":1\",\n\"ca\": true}}",
	    ":2: \"listen.ca\": true serves the authority's certificate "
	    "alone: without another object of \"listen\", nobody can "
	    "connect" },
	{ "{\"listen\": {\"laddr\": \":1\",\"ca\": true,\n"
	    "\"certPath\": \"a\", \"keyPath\": \"b\"}}",
	    ":2: \"listen.certPath\": a is not used with \"ca\": true" },
	{ "{\"push_hosts\": [\"a.b\",\n\"*\"]}",
	    ":2: " INVALID "\"push_hosts\": \"*\"" DOMAINS },
	{ "{\"push_hosts\": [\"*.\"]}",
	    ":1: " INVALID "\"push_hosts\": \"*.\"" DOMAINS },
	{ "{\"push_hosts\": [\"a.*.b\"]}",
	    ":1: " INVALID "\"push_hosts\": \"a.*.b\"" DOMAINS },
	{ "{\"push_hosts\": [\"Push.example\"]}",
	    ":1: " INVALID "\"push_hosts\": \"Push.example\"" DOMAINS },
	{ "{\"push_hosts\": [\"push.example:443\"]}",
	    ":1: " INVALID "\"push_hosts\": \"push.example:443\"" DOMAINS },
	{ "{\"push_hosts\": [\"push..example\"]}",
	    ":1: " INVALID "\"push_hosts\": \"push..example\"" DOMAINS },
	{ "{\"push_hosts\": [\"192.0.2.1\"]}",
	    ":1: " INVALID "\"push_hosts\": \"192.0.2.1\"" DOMAINS },
	{ "{\"push_hosts\": [\"\"]}",
	    ":1: " INVALID "\"push_hosts\": \"\"" DOMAINS },

	/* Objects in a list. */
	{ "{\"auth\": 3}", ":1: " INVALID "\"auth\": 3; must be a whole number "
	    "from 0 to 2" },
	{ "{\n\"auth\": 1}", ":2: \"auth\" needs a provider in \"authby\"" },
	{ "{\"authby\": [{}],\n\"auth\": 1}",
	    ":2: \"auth\" needs a provider in \"authby\"" },
	{ "{\"authby\": {}}", ":1: " INVALID "\"authby\": {}" OBJECTS },
	{ "{\"authby\": [\n1]}", ":2: " INVALID "\"authby\": 1" OBJECTS },
	{ "{\"authby\": [\n[]]}", ":2: " INVALID "\"authby\": []" OBJECTS },
	{ "{\"authby\": [{},\n{}]}", ":2" LACKS "\"label\"" },
	{ "{\"authby\": [{},{\"#\": 1}]}", ":1" LACKS "\"label\"" },
	{ "{\"authby\": [{\"many\": true}]}", ":1" LACKS "\"label\"" },
	{ "{\"authby\": [{" LABEL "}]}", ":1" LACKS "\"login\"" },
	{ "{\"authby\": [{" LABEL "," LOGIN "}]}", ":1" LACKS "\"token\"" },
	{ "{\"authby\": [{" LABEL "," LOGIN "," TOKEN "}]}",
	    ":1" LACKS "\"keys\"" },
	{ "{\"authby\": [{" LABEL "," LOGIN "," TOKEN "," KEYS "}]}",
	    ":1" LACKS "\"iss\"" },
	{ "{\"authby\": [{" LABEL "," LOGIN "," TOKEN "," KEYS "," ISS "}]}",
	    ":1" LACKS "\"aud\"" },
	{ "{\"authby\": [{" LABEL "," LOGIN "," TOKEN "," KEYS ",\"iss\": \"\""
	    "," AUD "}]}", ":1" LACKS "\"iss\"" },
	{ "{\"authby\": [{\"label\": \"\"," LOGIN "," TOKEN "," KEYS "," ISS
	    "," AUD "}]}", ":1" LACKS "\"label\"" },
	{ "{\"authby\": [{" PROVIDER ",\n\"more\": 1}]}",
	    ":2: unknown key \"authby.more\"" UNKNOWN },
	{ "{\"authby\": [{" PROVIDER ",\n" ISS "}]}",
	    ":2: duplicate key \"authby.iss\", first in line 1" },
	{ "{\"authby\": [{" PROVIDER ",\"many\": 1}]}",
	    ":1: " INVALID "\"authby.many\": 1; must be one of: false true" },
	{ "{\"authby\": [{" PROVIDER ",\"many\": \"true\"}]}", ":1: " INVALID
	    "\"authby.many\": \"true\"; must be without quotes: true" },
	{ "{\"auth_replaces_invitation\": null}", ":1: " INVALID
	    "\"auth_replaces_invitation\": null; must be one of: false true" },
	{ "{\"authby\": [{" LABEL ",\"login\": \"x\"}]}",
	    ":1: " INVALID "\"authby.login\": \"x\"" STRINGS },
	{ "{\"authby\": [{" LABEL ",\n\"login\": []}]}",
	    ":2: " INVALID "\"authby.login\": []" STRINGS },
	{ "{\"authby\": [{" LABEL ",\"login\": [\"x\",\n\"\"]}]}",
	    ":2: " INVALID "\"authby.login\": \"\"" STRINGS },
	{ "{\"authby\": [{" LABEL ",\"token\": [\"x\",\n{}]}]}",
	    ":2: " INVALID "\"authby.token\": {}" STRINGS },
	{ "{\"iss\": \"x\"}", ":1: unknown key \"iss\"" MEANT("authby.iss") },

	/* Keys. */
	{ "{\n\n\"colour\": 1}", ":3: unknown key \"colour\"" UNKNOWN },
	{ "{\"listen\": {\"certPath\": \"a\",\n\"cert_path\": \"b\"}}",
	    ":2: duplicate key \"listen.cert_path\", first in line 1" },
	{ "{\"dat_a\": \"x\"}", ":1: unknown key \"dat_a\"" MEANT("data") },
	{ "{\"aliasmin\": 1}",
	    ":1: unknown key \"aliasmin\"" MEANT("alias_min") },
	{ "{\"alias_Min\": 1}",
	    ":1: unknown key \"alias_Min\"" MEANT("alias_min") },
	{ "{\"_data\": \"x\"}", ":1: unknown key \"_data\"" MEANT("data") },
	{ "{\"Data\": \"x\"}", ":1: unknown key \"Data\"" MEANT("data") },
	{ "{\"\": 1}", ":1: unknown key \"\"" UNKNOWN },
	{ "{\"laddr\": \":1\"}",
	    ":1: unknown key \"laddr\"" MEANT("listen.laddr") },
	{ "{\"listen.laddr\": \":1\"}",
	    ":1: unknown key \"listen.laddr\"" UNKNOWN },
	{ "{\"listen\": {\n\"data\": \"x\"}}",
	    ":2: unknown key \"listen.data\"" MEANT("data") },
	{ "{\"listen\": {},\n\"ntp\": {\n\"net\": \"tcp\"}}",
	    ":3: unknown key \"ntp.net\"" MEANT("listen.net") },
	{ "{\"ntp\": {},\n\"net\": \"tcp\"}",
	    ":2: unknown key \"net\"" MEANT("listen.net") },
	{ "{\n\"window\": 1,\n\"window\":\n1}",
	    ":3: duplicate key \"window\", first in line 2" },
	{ "{\"ntp\": {},\n\"ntp\": {}}",
	    ":2: duplicate key \"ntp\", first in line 1" },
	{ "{\"ntp\": {\"retries\": 1,\n\"retries\": 1}}",
	    ":2: duplicate key \"ntp.retries\", first in line 1" },

	/* Types. */
	{ "{\"ntp\":\n[]}", ":2: " INVALID "\"ntp\": []" GROUP },
	{ "{\"listen\":\n[]}", ":2: " INVALID "\"listen\": []" LISTENERS },
	{ "{\"listen\": null}", ":1: " INVALID "\"listen\": null" LISTENERS },
	{ "{\"window\":\n\n\"8\"\n}",
	    ":3: " INVALID "\"window\": \"8\"; must be without quotes: 8" },
	{ "{\"window\": {\"a\":\n1}}",
	    ":1: " INVALID "\"window\": {\"a\":" WINDOW },
	{ "{\"window\": true}", ":1: " INVALID "\"window\": true" WINDOW },
	{ "{\"data\": 1}", ":1: " INVALID "\"data\": 1" DATA },
	{ "{\"login_timeout\": [1]}",
	    ":1: " INVALID "\"login_timeout\": [1]" TIMES },
	{ "{\"ops\": 2018}", ":1: " INVALID "\"ops\": 2018; must be in quotes: "
	    "\"2018\"" },
	{ "{\"ntp\": {\"hosts\": \"a\"}}",
	    ":1: " INVALID "\"ntp.hosts\": \"a\"" HOSTS },

	/* Values. */
	{ "{\"window\": 0}", ":1: " INVALID "\"window\": 0" WINDOW },
	{ "{\"window\": 65}", ":1: " INVALID "\"window\": 65" WINDOW },
	{ "{\"window\": -1}", ":1: " INVALID "\"window\": -1" WINDOW },
	{ "{\"window\": 8.0}", ":1: " INVALID "\"window\": 8.0" WINDOW },
	{ "{\"window\": 8e0}", ":1: " INVALID "\"window\": 8e0" WINDOW },
	{ "{\"window\": 18446744073709551624}",
	    ":1: " INVALID "\"window\": 18446744073709551624" WINDOW },
	{ "{\"journal_size\": \"15M\"}",
	    ":1: " INVALID "\"journal_size\": \"15M\"" SIZES },
	{ "{\"journal_size\": 16777215}",
	    ":1: " INVALID "\"journal_size\": 16777215" SIZES },
	{ "{\"journal_size\": \"17179869185G\"}",
	    ":1: " INVALID "\"journal_size\": \"17179869185G\"" SIZES },
	{ "{\"journal_size\": \"64m\"}",
	    ":1: " INVALID "\"journal_size\": \"64m\"" SIZES },
	{ "{\"journal_size\": \"M\"}",
	    ":1: " INVALID "\"journal_size\": \"M\"" SIZES },
	{ "{\"login_timeout\": \"10 s\"}",
	    ":1: " INVALID "\"login_timeout\": \"10 s\"" TIMES },
	{ "{\"login_timeout\": \"10M\"}",
	    ":1: " INVALID "\"login_timeout\": \"10M\"" TIMES },
	{ "{\"login_timeout\": 3601}",
	    ":1: " INVALID "\"login_timeout\": 3601" TIMES },
	{ "{\"ops\": \"2019\"}", ":1: " INVALID "\"ops\": \"2019\"" OPS },
	{ "{\"ops\": \"\"}", ":1: " INVALID "\"ops\": \"\"" OPS },
	{ "{\"ops\": \"auto 2018\"}",
	    ":1: " INVALID "\"ops\": \"auto 2018\"" OPS },
	{ "{\"data\": \"\"}", ":1: " INVALID "\"data\": \"\"" DATA },
	{ "{\"data\": \"a\\u0000b\"}",
	    ":1: " INVALID "\"data\": \"a\\u0000b\"" DATA },
	{ "{\"user\": \"01234567890123456789012345678901"
	    "234567890123456789012345678901234\"}",
	    ":1: " INVALID "\"user\": "
	    "\"012345678901234567890123456789012345678; must be a string "
	    "of 0 to 64 bytes, without NUL" },
	{ "{\"listen\": {\"net\": \"udp\"}}",
	    ":1: " INVALID "\"listen.net\": \"udp\"; must be one of: "
	    "tcp tcp4 tcp6 unix" },
	{ "{\"listen\": {\n\"laddr\": \"localhost\"}}",
	    ":2: " INVALID "\"listen.laddr\": \"localhost\"; must be "
	    "\"host:port\", \":port\" or \"[v6]:port\", like 127.0.0.1:3456" },
	{ "{\"ntp\": {\"hosts\": [\"a\",\n\"b:x\"]}}",
	    ":2: " INVALID "\"ntp.hosts\": \"b:x\"" HOSTS },
	{ "{\"ntp\": {\"hosts\": [\n1]}}",
	    ":2: " INVALID "\"ntp.hosts\": 1" HOSTS },
	{ "{\"ntp\": {\"hosts\": [\":123\"]}}",
	    ":1: " INVALID "\"ntp.hosts\": \":123\"" HOSTS },
	{ "{\"ntp\": {\"hosts\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
	    "\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\n"
	    "\"17\"]}}",
	    ":2: " INVALID "\"ntp.hosts\": \"17\"" HOSTS },
	{ "{\"listen\": {\n\"certPath\": \"c\"}}",
	    ":2: \"listen.certPath\" needs \"listen.keyPath\"" },
	{ "{\"listen\": {\n\"certPath\": \"\",\n\"keyPath\": \"k\"}}",
	    ":3: \"listen.keyPath\" needs \"listen.certPath\"" },

	/* Several listeners. */
	{ "{\"listen\": [\n{},\n8]}",
	    ":3: " INVALID "\"listen\": 8" LISTENERS },
	{ "{\"listen\": [{},\n{\"colour\": 1}]}",
	    ":2: unknown key \"listen.colour\"" UNKNOWN },
	{ "{\"listen\": [{\"net\": \"tcp\",\n\"net\": \"tcp\"}]}",
	    ":2: duplicate key \"listen.net\", first in line 1" },
	{ "{\"listen\": [{" UNIX "},\n{" UNIX "}]}",
	    ":2: \"listen.laddr\": /run/s is used by two objects of "
	    "\"listen\"" },
	{ "{\"listen\": [{},\n{}]}", ":2: \"listen.laddr\": 127.0.0.1:3456 is "
	    "used by two objects of \"listen\"" },
	{ "{\"listen\": [{\"net\": \"tcp4\", \"laddr\": \":1\"},\n"
	    "{\"laddr\": \":1\"}]}",
	    ":2: \"listen.laddr\": :1 is used by two objects of \"listen\"" },
	{ "{\"listen\": [" NINE "," NINE "]}",
	    ":1: \"listen.laddr\": 127.0.0.1:3456 is used by two objects of "
	    "\"listen\" (mnm check shows 15 more)" },
	{ "{\"listen\":\n{\"net\": \"unix\"}}", ":2: \"listen.net\": \"unix\" "
	    "needs \"listen.laddr\", the path of the socket" },
	{ "{\"listen\": {\"net\": \"unix\",\n\"laddr\": \"\"}}",
	    ":2: " INVALID "\"listen.laddr\": \"\"; must be a path of 1 to 107 "
	    "bytes, as \"listen.net\" is \"unix\"" },
	{ "{\"listen\": {\"net\": \"unix\", \"laddr\": \"/" HUNDRED
	    "1234567\"}}",
	    ":1: " INVALID "\"listen.laddr\": \"/"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; must be a path of 1 to "
	    "107 bytes, as \"listen.net\" is \"unix\"" },
	{ "{\"listen\": {\"laddr\": \"/run/s\"}}",
	    ":1: " INVALID "\"listen.laddr\": \"/run/s\"; must be "
	    "\"host:port\", \":port\" or \"[v6]:port\", like 127.0.0.1:3456" },
	{ "{\"listen\": {\"mode\":\n\"0660\"}}",
	    ":1: \"listen.mode\" needs \"listen.net\": \"unix\"" },
	{ "{\"listen\": {\n\"group\": \"www\"}}",
	    ":2: \"listen.group\" needs \"listen.net\": \"unix\"" },
	{ "{\"listen\": {" UNIX ", \"mode\": 660}}",
	    ":1: " INVALID "\"listen.mode\": 660" MODES },
	{ "{\"listen\": {" UNIX ", \"mode\": \"1777\"}}",
	    ":1: " INVALID "\"listen.mode\": \"1777\"" MODES },
	{ "{\"listen\": {" UNIX ", \"mode\": \"0668\"}}",
	    ":1: " INVALID "\"listen.mode\": \"0668\"" MODES },
	{ "{\"listen\": {" UNIX ", \"mode\": \"66\"}}",
	    ":1: " INVALID "\"listen.mode\": \"66\"" MODES },
	{ "{\"listen\": {\"laddr\": \":1\",\n\"tls\": false}}",
	    ":2: " INVALID "\"listen.tls\": false; :1" OPEN },
	{ "{\"listen\": {\n\"tls\": false, \"laddr\": \"[::]:1\"}}",
	    ":2: " INVALID "\"listen.tls\": false; [::]:1" OPEN },
	{ "{\"listen\": {\"tls\": false, \"laddr\": \"127.0.0.1.org:1\"}}",
	    ":1: " INVALID "\"listen.tls\": false; 127.0.0.1.org:1" OPEN },
	{ "{\"listen\": {\"tls\": \"false\"}}", ":1: " INVALID
	    "\"listen.tls\": \"false\"; must be without quotes: false" },
	{ "{\"listen\": {\"http\": 0}}", ":1: " INVALID
	    "\"listen.http\": 0; must be one of: true false" },
	{ "{\"listen\": {\"proxy\": null}}", ":1: " INVALID
	    "\"listen.proxy\": null; must be one of: false true" },
	{ "{\"listen\": {" UNIX ", \"tls\": false,\n\"certPath\": \"c\","
	    "\"keyPath\": \"k\"}}",
	    ":2: \"listen.certPath\": c is not used with \"tls\": false" },
	{ "{\"listen\": [{" UNIX ", \"proxy\": true},\n{\n\"proxy\": true}]}",
	    ":3: \"listen.proxy\": true needs the addresses of proxies in "
	    "\"proxy_from\", as 127.0.0.1:3456 is no Unix socket" },
	{ "{\"proxy_from\": [\"proxy\"]}",
	    ":1: " INVALID "\"proxy_from\": \"proxy\"" NETS }
};

/* Addresses, with host and port; NULL if invalid. */
static const struct {
	const char *text, *host, *port;
} addresses[] = {
	{ "localhost", "localhost", "" },
	{ "localhost:1", "localhost", "1" },
	{ "127.0.0.1:65535", "127.0.0.1", "65535" },
	{ ":443", "", "443" },
	{ ":0", "", "0" },
	{ "[::1]", "::1", "" },
	{ "[::1]:443", "::1", "443" },
	{ "[fe80::1%eth0]:443", "fe80::1%eth0", "443" },
	{ "::1", "::1", "" },
	{ "2001:db8::123", "2001:db8::123", "" },
	{ "", NULL, NULL },
	{ ":", NULL, NULL },
	{ "a:", NULL, NULL },
	{ "a:b", NULL, NULL },
	{ "a:-1", NULL, NULL },
	{ "a:+1", NULL, NULL },
	{ "a: 1", NULL, NULL },
	{ "a:1 ", NULL, NULL },
	{ "a:65536", NULL, NULL },
	{ "a:18446744073709551617", NULL, NULL },
	{ "[]", NULL, NULL },
	{ "[]:1", NULL, NULL },
	{ "[::1", NULL, NULL },
	{ "[::1]1", NULL, NULL },
	{ "[::1]:", NULL, NULL },
	{ "[::1]]:1", NULL, NULL }
};

/* Every key must be in mnm.conf, and described. */
static const char *const documented[] = {
	"\"names\":", "\"# names\":",
	"\"name\":", "\"data\":", "\"user\":", "\"ops\":", "\"window\":",
	"\"window_max\":", "\"# window_max\":",
	"\"alias_min\":", "\"message_max\":", "\"links_max\":",
	"\"queue_max\":", "\"queue_messages_max\":", "\"disk_min\":",
	"\"member_max\":", "\"# member_max\":",
	"\"resend_time\":", "\"# resend_time\":",
	"\"expire_days\":", "\"# expire_days\":", "\"groups_max\":",
	"\"# groups_max\":",
	"\"# queue_max\":", "\"# queue_messages_max\":", "\"# disk_min\":",
	"\"journal_size\":", "\"login_timeout\":", "\"pulse_timeout\":",
	"\"listen\":", "\"net\":", "\"laddr\":", "\"certPath\":",
	"\"tls\":", "\"http\":", "\"proxy\":",
	"\"proxy_from\":", "\"# proxy_from\":",
	"\"# listen.mode, listen.group\":",
	"\"# listen.tls\":", "\"# listen.http\":", "\"# listen.proxy\":",
	"\"# listen.ca\":", "\"ca\":",
	"\"keyPath\":", "\"ntp\":", "\"hosts\":", "\"retries\":",
	"\"# name\":", "\"# data\":", "\"# user\":", "\"# ops\":",
	"\"# window\":", "\"# alias_min\":", "\"# message_max\":",
	"\"# links_max\":", "\"# journal_size\":", "\"# login_timeout\":",
	"\"# pulse_timeout\":", "\"# listen.net\":", "\"# listen.laddr\":",
	"\"# listen.certPath, listen.keyPath\":", "\"# ntp.hosts\":",
	"\"# ntp.retries\":", "\"register\":", "\"# register\":",
	"\"register_from\":", "\"# register_from\":", "\"register_rate\":",
	"\"# register_rate\":", "\"users_max\":", "\"# users_max\":",
	"\"auth\":", "\"# auth\":", "\"authby\":", "\"# authby\":",
	"\"auth_replaces_invitation\":", "\"# auth_replaces_invitation\":",
	"\"push_contact\":", "\"# push_contact\":",
	"\"push_hosts\":", "\"# push_hosts\":",
	"\"pings_per_day\":", "\"# pings_per_day\":",
	"\"failed_pings_in_a_row\":", "\"# failed_pings_in_a_row\":"
};

static char path[] = "mnm-conf-test-XXXXXX";	/* in /tmp */

static void
write_file(struct span text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL ||
	    fwrite(text.p, 1, text.n, file) != text.n ||
	    fclose(file) == EOF) {
		perror(path);
		exit(1);
	}
}

static int
read_conf(struct conf *c, const char *text, char why[WHY_ROOM])
{
	why[0] = '\0';
	write_file(span_of(text));
	return conf_read(c, path, why, WHY_ROOM);
}

static void
test_refusals(void)
{
	char why[WHY_ROOM];
	struct conf c;
	size_t i;

	for (i = 0; i < COUNT(refusals); i++) {
		CHECK(read_conf(&c, refusals[i].text, why) == -1,
		    "accepted: %s", refusals[i].text);
		CHECK(strncmp(why, path, strlen(path)) == 0 &&
		    strcmp(why + strlen(path), refusals[i].why) == 0,
		    "%s\n\tsays   %s\n\twanted %s", refusals[i].text, why,
		    refusals[i].why);
	}
}

/* Why is a string within its room, however small that is. */
static void
test_room(void)
{
	char why[64];
	struct conf c;
	size_t room;

	write_file(SPAN("{\"colour\": 1}"));
	for (room = 1; room < sizeof(why); room++) {
		memset(why, 'x', sizeof(why));
		CHECK(conf_read(&c, path, why, room) == -1, "accepted");
		CHECK(strlen(why) == room - 1 && why[room] == 'x',
		    "room %zu: %.64s", room, why);
	}
}

static void
check_unreadable(const char *name, const char *reason)
{
	char why[WHY_ROOM] = "", wanted[WHY_ROOM];
	struct conf c;

	snprintf(wanted, sizeof(wanted), "%s: %s", name,
	    reason);
	CHECK(conf_read(&c, name, why, sizeof(why)) == -1, "%s accepted",
	    name);
	CHECK(strcmp(why, wanted) == 0, "%s\n\twanted %s", why, wanted);
}

static void
test_unreadable(void)
{
	char *large = malloc(65538);
	struct conf c;
	char why[WHY_ROOM];

	check_unreadable("/tmp", strerror(EISDIR));
	check_unreadable("/tmp/mnm-conf-test/none", strerror(ENOENT));
	if (large == NULL)
		exit(1);
	memset(large, ' ', 65538);
	memcpy(large, "{}", 2);
	write_file((struct span){ large, 65536 });
	CHECK(conf_read(&c, path, why, sizeof(why)) == 0, "64K: %s", why);
	conf_free(&c);
	write_file((struct span){ large, 65537 });
	check_unreadable(path, strerror(EFBIG));
	free(large);
}

static void
check_default(const struct conf *c, const char *what)
{
	const struct conf_listener *l = c->listen;
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	CHECK(strcmp(c->name, host) == 0, "%s: name %s", what, c->name);
	CHECK(c->names != NULL && c->names[0] == NULL, "%s: names", what);
	CHECK(strcmp(c->data, "mnm-data") == 0, "%s: data %s", what, c->data);
	CHECK(strcmp(c->user, "") == 0, "%s: user %s", what, c->user);
	CHECK(c->ops == CONF_OPS_AUTO, "%s: ops", what);
	CHECK(c->window == 8 && c->window_max == 64, "%s: window %u, %u", what,
	    c->window, c->window_max);
	CHECK(c->alias_min == 1, "%s: alias_min %u", what, c->alias_min);
	CHECK(c->registration == CONF_REGISTER_OPEN, "%s: register", what);
	CHECK(c->register_from != NULL && c->register_from[0] == NULL,
	    "%s: register_from", what);
	CHECK(c->register_rate == 3 && c->users_max == 0, "%s: rate %u, "
	    "users_max %u", what, c->register_rate, c->users_max);
	CHECK(c->push_contact[0] == '\0' && c->push_hosts[0] == NULL,
	    "push");
	CHECK(c->pings_per_day == 0 && c->failed_pings_in_a_row == 0,
	    "%s: pings", what);
	CHECK(c->auth == 0 && c->authby == NULL && c->authby_count == 0 &&
	    !c->auth_replaces_invitation, "%s: auth", what);
	CHECK(c->groups_max == 1000, "%s: groups_max", what);
	CHECK(c->links_max == 5000, "%s: links_max %u", what, c->links_max);
	CHECK(c->login_timeout == 10000, "%s: login_timeout", what);
	CHECK(c->pulse_timeout == 150000, "%s: pulse_timeout", what);
	CHECK(c->resend_time == 604800000, "%s: resend_time", what);
	CHECK(c->message_max == 67108864, "%s: message_max", what);
	CHECK(c->journal_size == 67108864, "%s: journal_size", what);
	CHECK(c->queue_max == (uint64_t)1 << 30 &&
	    c->queue_messages_max == 500000 && c->disk_min == 0 &&
	    c->member_max == (uint64_t)4 << 30,
	    "%s: queue_max, disk_min", what);
	CHECK(c->moderate_days == 30, "%s: moderate_days", what);
	CHECK(c->expire_days == 0, "%s: expire_days", what);
	CHECK(c->listen_count == 1, "%s: %zu listeners", what, c->listen_count);
	CHECK(l->net == CONF_TCP && l->mode == 0660 && l->tls && l->http &&
	    !l->proxy && l->group[0] == '\0', "%s: listen", what);
	CHECK(strcmp(l->laddr, "127.0.0.1:3456") == 0, "%s: laddr %s", what,
	    l->laddr);
	CHECK(strcmp(l->cert_path, "") == 0, "%s: certPath", what);
	CHECK(strcmp(l->key_path, "") == 0, "%s: keyPath", what);
	CHECK(c->proxy_from != NULL && c->proxy_from[0] == NULL,
	    "%s: proxy_from", what);
	CHECK(c->ntp_hosts != NULL && c->ntp_hosts[0] == NULL, "%s: hosts",
	    what);
	CHECK(c->ntp_retries == 2, "%s: retries %u", what, c->ntp_retries);
}

/* mnm.conf has the default values. */
static void
test_default(void)
{
	char why[WHY_ROOM] = "";
	struct conf c;

	conf_default(&c);
	check_default(&c, "no file");
	conf_free(&c);
	CHECK(read_conf(&c, " { } ", why) == 0, "%s", why);
	check_default(&c, "empty file");
	conf_free(&c);
	CHECK(read_conf(&c, "{\"ntp\": {}, \"listen\": {}, \"name\": \"\","
	    "\"#\": 1, \"#\": [{}], \"#window\": 0}", why) == 0, "%s", why);
	check_default(&c, "empty groups");
	conf_free(&c);
}

/* The example, in the working directory. */
static void
test_example(void)
{
	struct conf c;
	char why[WHY_ROOM] = "";

	CHECK(conf_read(&c, "mnm.conf", why, sizeof(why)) == 0, "%s", why);
	check_default(&c, "mnm.conf");
	conf_free(&c);
}

#define PAGE_ROOM 65536

static void
read_page(char text[PAGE_ROOM], const char *name)
{
	FILE *file = fopen(name, "r");
	size_t n = 0;

	CHECK(file != NULL, "%s is not in the working directory", name);
	if (file != NULL) {
		n = fread(text, 1, PAGE_ROOM - 1, file);
		fclose(file);
	}
	text[n] = '\0';
}

/* Each key is in mnm.conf and, but for its comment, in mnm.conf(5). */
static void
test_documented(void)
{
	static char text[PAGE_ROOM], manual[PAGE_ROOM];
	char key[64];
	size_t i;

	read_page(text, "mnm.conf");
	read_page(manual, "mnm.conf.5");
	for (i = 0; i < COUNT(documented); i++) {
		CHECK(strstr(text, documented[i]) != NULL,
		    "mnm.conf lacks %s", documented[i]);
		snprintf(key, sizeof(key), "%.*s",
		    (int)strcspn(documented[i] + 1, "\""), documented[i] + 1);
		CHECK(key[0] == '#' || strstr(manual, key) != NULL,
		    "mnm.conf.5 lacks %s", key);
	}
}

/* A file that sets everything to something else. */
static const char other[] =
    "{\n"
    "\"names\": [\"a.org\"], "
    "\"name\": \"Caf\\u00e9\", \"data\": \"/var/lib/mnm\", \"user\": \"mnm\",\n"
    "\"ops\": \"2020\", \"window\": 64, \"window_max\": 1, \"alias_min\": 64,\n"
    "\"message_max\": \"4095M\", \"links_max\": 100000, \"groups_max\": 0,\n"
    "\"queue_max\": \"1024G\", \"queue_messages_max\": 1,\n"
    "\"member_max\": \"64K\",\n"
    "\"disk_min\": \"100M\", \"expire_days\": 36500,\n"
    "\"journal_size\": 16777216, \"login_timeout\": \"1500ms\",\n"
    "\"pulse_timeout\": \"24h\", \"resend_time\": \"30d\",\n"
    "\"# listen\": {\"net\": {}},\n"
    "\"register\": \"closed\", \"users_max\": 1000000,\n"
    "\"register_from\": [\"10.0.0.0/8\", \"::1\"], \"register_rate\": 0,\n"
    "\"pings_per_day\": 0, \"failed_pings_in_a_row\": 100000,\n"
    "\"listen\": {\"# net\": [], \"net\": \"tcp6\", \"laddr\": \"[::1]:0\",\n"
    "  \"certPath\": \"c.pem\", \"keyPath\": \"k.pem\", \"#\": {\"#\": 1}},\n"
    "\"push_contact\": \"mailto:me@example.org\",\n"
    "\"push_hosts\": [\"push.example.org\", \"*.a-1.example\"],\n"
    "\"auth\": 2, \"auth_replaces_invitation\": true,\n"
    "\"authby\": [{\"#label\": 1}, {" PROVIDER "},\n"
    "  {\"std\": [\"c=d\"], \"many\": true, " PROVIDER "}],\n"
    "\"ntp\": {\"hosts\": [\"a\", \"b:1\", \"[::1]:2\"], \"retries\": 0}\n"
    "}\n";

static void
test_values(void)
{
	char why[WHY_ROOM];
	struct conf c;

	CHECK(read_conf(&c, other, why) == 0, "%s", why);
	if (why[0] != '\0')
		return;
	CHECK(strcmp(c.name, "Caf\xc3\xa9") == 0, "name %s", c.name);
	CHECK(c.names[0] != NULL && strcmp(c.names[0], "a.org") == 0 &&
	    c.names[1] == NULL, "names");
	CHECK(strcmp(c.data, "/var/lib/mnm") == 0, "data %s", c.data);
	CHECK(strcmp(c.user, "mnm") == 0, "user %s", c.user);
	CHECK(c.ops == CONF_OPS_2020, "ops %d", (int)c.ops);
	CHECK(c.window == 64 && c.window_max == 1, "window %u, %u", c.window,
	    c.window_max);
	CHECK(c.alias_min == 64, "alias_min %u", c.alias_min);
	CHECK(c.resend_time == 2592000000, "resend_time");
	CHECK(c.message_max == (uint64_t)4095 << 20, "message_max");
	CHECK(c.groups_max == 0, "groups_max %u", c.groups_max);
	CHECK(c.links_max == 100000, "links_max %u", c.links_max);
	CHECK(c.journal_size == 16777216, "journal_size");
	CHECK(c.queue_max == (uint64_t)1 << 40 &&
	    c.queue_messages_max == 1 && c.member_max == 65536, "queue_max");
	CHECK(c.disk_min == (uint64_t)100 << 20, "disk_min");
	CHECK(c.expire_days == 36500, "expire_days %u", c.expire_days);
	CHECK(c.login_timeout == 1500, "login_timeout %u", c.login_timeout);
	CHECK(c.pulse_timeout == 86400000, "pulse %u", c.pulse_timeout);
	CHECK(c.listen_count == 1 && c.listen[0].net == CONF_TCP6, "net %d",
	    (int)c.listen[0].net);
	CHECK(strcmp(c.listen[0].laddr, "[::1]:0") == 0, "%s",
	    c.listen[0].laddr);
	CHECK(strcmp(c.listen[0].cert_path, "c.pem") == 0, "certPath");
	CHECK(strcmp(c.listen[0].key_path, "k.pem") == 0, "keyPath");
	CHECK(strcmp(c.push_contact, "mailto:me@example.org") == 0,
	    "push_contact %s", c.push_contact);
	CHECK(strcmp(c.push_hosts[0], "push.example.org") == 0 &&
	    strcmp(c.push_hosts[1], "*.a-1.example") == 0 &&
	    c.push_hosts[2] == NULL, "push_hosts");
	CHECK(c.ntp_hosts[0] != NULL && strcmp(c.ntp_hosts[0], "a") == 0 &&
	    c.ntp_hosts[1] != NULL && strcmp(c.ntp_hosts[1], "b:1") == 0 &&
	    c.ntp_hosts[2] != NULL &&
	    strcmp(c.ntp_hosts[2], "[::1]:2") == 0 &&
	    c.ntp_hosts[3] == NULL, "hosts");
	CHECK(c.ntp_retries == 0, "retries %u", c.ntp_retries);
	CHECK(c.registration == CONF_REGISTER_CLOSED, "register");
	CHECK(c.register_from[0] != NULL &&
	    strcmp(c.register_from[0], "10.0.0.0/8") == 0 &&
	    c.register_from[1] != NULL &&
	    strcmp(c.register_from[1], "::1") == 0 &&
	    c.register_from[2] == NULL, "register_from");
	CHECK(c.register_rate == 0 && c.users_max == 1000000 &&
	    c.pings_per_day == 0 && c.failed_pings_in_a_row == 100000,
	    "register_rate, users_max or the pings");
	CHECK(conf_line(&c, "name") == 2 && conf_line(&c, "ops") == 3 &&
	    conf_line(&c, "listen") == 14 && conf_line(&c, "laddr") == 0 &&
	    conf_line(&c, "listen.certPath") == 15 &&
	    conf_line(&c, "colour") == 0, "lines");
	conf_free(&c);
}

static void
test_objects(void)
{
	const struct conf_provider *p;
	struct buf text = { NULL, 0, 0 };
	char why[WHY_ROOM];
	struct conf c;
	int i;

	CHECK(read_conf(&c, other, why) == 0, "%s", why);
	CHECK(c.auth == 2 && c.auth_replaces_invitation &&
	    c.authby_count == 3, "%zu providers", c.authby_count);
	p = c.authby;
	CHECK(p->label[0] == '\0' && p->login[0] == NULL && p->keys[0] == '\0'
	    && p->iss[0] == '\0', "the first is not empty");
	p++;
	CHECK(strcmp(p->label, "L") == 0 && strcmp(p->login[1], "a=b") == 0 &&
	    p->login[2] == NULL && strcmp(p->token[0], "https://t") == 0 &&
	    p->token[1] == NULL && p->std[0] == NULL && !p->many &&
	    strcmp(p->keys, "k.json") == 0 && strcmp(p->aud, "me") == 0 &&
	    strcmp(p->iss, "https://i") == 0, "the second");
	p++;
	CHECK(strcmp(p->std[0], "c=d") == 0 && p->many, "the third");
	conf_free(&c);

	/* Too many, or too long. */
	buf_add(&text, SPAN("{\"authby\": [{}"));
	for (i = 0; i < 26; i++)
		buf_add(&text, SPAN(",\n{" PROVIDER "}"));
	buf_addf(&text, "]}");
	CHECK(read_conf(&c, text.p, why) == -1 && strstr(why, ":27: " INVALID
	    "\"authby\": {" LABEL) != NULL, "26 objects more: %s", why);
	text.n = 0;
	buf_add(&text, SPAN("{\n\"authby\": [{" PROVIDER ",\"std\": [\"x\""));
	for (i = 0; i < 5; i++)
		buf_addf(&text, ",\"%01000d\"", 0);
	buf_addf(&text, "]}]}");
	CHECK(read_conf(&c, text.p, why) == -1 && strstr(why, ":2: \"authby\" "
	    "is too long: labels, URLs and parameters are 10039 bytes") !=
	    NULL, "too long: %s", why);
	buf_free(&text);
}

static void
test_listeners(void)
{
	static const char text[] = "{\n"
	    "\"proxy_from\": [\"10.0.0.0/8\", \"fd00::1\"],\n"
	    "\"listen\": [\n"
	    "{\"laddr\": \":3456\", \"certPath\": \"c\",\"keyPath\": \"k\"},\n"
	    "{ \"#\": 1, \"laddr\": \"localhost:80\", \"tls\": false },\n"
	    "{ \"laddr\": \"[::1]:80\", \"net\": \"tcp6\", \"tls\": false,\n"
	    "  \"proxy\": true },\n"
	    "{ \"net\": \"unix\", \"mode\": \"666\", \"group\": \"www-data\",\n"
	    "  \"http\": false, \"laddr\": \"localhost:80\", \"tls\": true },\n"
	    "{ \"laddr\": \":80\", \"ca\": true }]}";
	const struct conf_listener *l;
	char why[WHY_ROOM];
	struct conf c;

	CHECK(read_conf(&c, text, why) == 0, "%s", why);
	if (why[0] != '\0')
		return;
	l = c.listen;
	CHECK(c.listen_count == 5, "%zu listeners", c.listen_count);
	CHECK(l->tls && l->http && !l->proxy && !conf_is_local(l) &&
	    strcmp(l->laddr, ":3456") == 0 && strcmp(l->key_path, "k") == 0,
	    "the first");
	CHECK(conf_listener_line(l, "listen.laddr") == 4 &&
	    conf_listener_line(l, "listen.mode") == 4, "its lines");
	l++;
	CHECK(!l->tls && !l->proxy && conf_is_local(l) &&
	    l->key_path[0] == '\0', "the second");
	l++;
	CHECK(l->net == CONF_TCP6 && !l->tls && l->proxy && conf_is_local(l) &&
	    conf_listener_line(l, "listen.proxy") == 7, "the third");
	l++;
	CHECK(l->net == CONF_UNIX && l->tls && !l->http && l->mode == 0666 &&
	    conf_is_local(l) && strcmp(l->group, "www-data") == 0 &&
	    conf_listener_line(l, "listen.mode") == 8, "the fourth");
	l++;
	CHECK(l->ca && !l->tls && !conf_is_local(l), "the fifth");
	CHECK(strcmp(c.proxy_from[0], "10.0.0.0/8") == 0 &&
	    strcmp(c.proxy_from[1], "fd00::1") == 0 && c.proxy_from[2] == NULL,
	    "proxy_from");
	conf_free(&c);
}

/* The value of login_timeout, in milliseconds, or of message_max. */
static void
check_unit(const char *key, const char *text, uint64_t value)
{
	char file[64], why[WHY_ROOM];
	struct conf c;

	snprintf(file, sizeof(file), "{\"%s\": %s}", key, text);
	CHECK(read_conf(&c, file, why) == 0, "%s", why);
	if (why[0] != '\0')
		return;
	CHECK((key[0] == 'l' ? c.login_timeout : c.message_max) == value,
	    "%s: %s is wrong", key, text);
	conf_free(&c);
}

static void
test_units(void)
{
	check_unit("login_timeout", "7", 7000);
	check_unit("login_timeout", "\"7\"", 7000);
	check_unit("login_timeout", "\"7s\"", 7000);
	check_unit("login_timeout", "\"2m\"", 120000);
	check_unit("login_timeout", "\"1h\"", 3600000);
	check_unit("login_timeout", "\"1001ms\"", 1001);
	check_unit("message_max", "4097", 4097);
	check_unit("message_max", "\"4097\"", 4097);
	check_unit("message_max", "\"4K\"", 4096);
	check_unit("message_max", "\"1G\"", 1073741824);
}

static void
test_addresses(void)
{
	char long_host[300];
	struct conf_address a;
	bool good;
	size_t i;

	for (i = 0; i < COUNT(addresses); i++) {
		good = conf_split_address(addresses[i].text, &a);
		CHECK(good == (addresses[i].host != NULL), "%s: %d",
		    addresses[i].text, good);
		if (good && addresses[i].host != NULL)
			CHECK(strcmp(a.host, addresses[i].host) == 0 &&
			    strcmp(a.port, addresses[i].port) == 0,
			    "%s: host %s, port %s", addresses[i].text,
			    a.host, a.port);
	}
	memset(long_host, 'h', sizeof(long_host));
	long_host[255] = '\0';
	CHECK(conf_split_address(long_host, &a), "255 bytes");
	CHECK(strcmp(a.host, long_host) == 0, "255 bytes are not the same");
	long_host[255] = 'h';
	long_host[256] = '\0';
	CHECK(!conf_split_address(long_host, &a), "256 bytes");
}

/* What a configuration in a directory gives as paths, and whole ones. */
static void
test_paths(void)
{
	static const char text[] = "{\"data\": \"d\", \"listen\": "
	    "[{\"cert_path\": \"c.pem\", \"key_path\": \"/k.pem\"},"
	    "{\"net\": \"unix\", \"laddr\": \"s\"}],"
	    "\"aliasMin\": 7, \"queueMessagesMax\": 9,"
	    "\"authby\": [{" PROVIDER "}]}";
	char why[WHY_ROOM] = "", dir[] = "mnm-conf-dir-XXXXXX", name[64];
	char wanted[64], data[64];
	struct conf c;
	FILE *there;

	if (mkdtemp(dir) == NULL)
		exit(1);
	snprintf(name, sizeof(name), "%s/mnm.config", dir);
	there = fopen(name, "w");
	if (there == NULL || fputs(text, there) == EOF ||
	    fclose(there) == EOF)
		exit(1);
	CHECK(conf_read(&c, name, why, sizeof(why)) == 0, "%s", why);
	snprintf(data, sizeof(data), "%s/d", dir);
	CHECK(strcmp(c.data, data) == 0, "data: %s", c.data);
	snprintf(wanted, sizeof(wanted), "%s/c.pem", dir);
	CHECK(strcmp(c.listen[0].cert_path, wanted) == 0, "certPath: %s",
	    c.listen[0].cert_path);
	CHECK(strcmp(c.listen[0].key_path, "/k.pem") == 0, "keyPath: %s",
	    c.listen[0].key_path);
	snprintf(wanted, sizeof(wanted), "%s/s", dir);
	CHECK(strcmp(c.listen[1].laddr, wanted) == 0, "laddr: %s",
	    c.listen[1].laddr);
	snprintf(wanted, sizeof(wanted), "%s/k.json", dir);
	CHECK(strcmp(c.authby[0].keys, wanted) == 0, "keys: %s",
	    c.authby[0].keys);
	CHECK(c.alias_min == 7 && c.queue_messages_max == 9, "spelling");
	conf_free(&c);
	/* The directory that an earlier version used is not lost from view. */
	CHECK(mkdir("d", 0700) == 0, "d is in the way");
	CHECK(conf_read(&c, name, why, sizeof(why)) == -1, "a new directory");
	CHECK(strstr(why, "give its whole path") != NULL, "%s", why);
	CHECK(mkdir(data, 0700) == 0, "%s", data);
	CHECK(conf_read(&c, name, why, sizeof(why)) == 0, "%s", why);
	conf_free(&c);
	(void)rmdir("d");
	(void)rmdir(data);
	(void)unlink(name);
	(void)rmdir(dir);
}

int
main(void)
{
	int fd;

	test_example();
	test_documented();
	fd = chdir("/tmp") == 0 ? mkstemp(path) : -1;
	if (fd == -1) {
		perror(path);
		return 1;
	}
	close(fd);
	test_default();
	test_values();
	test_objects();
	test_listeners();
	test_paths();
	test_units();
	test_addresses();
	test_refusals();
	test_room();
	test_unreadable();
	unlink(path);
	return check_report("conf_test");
}
