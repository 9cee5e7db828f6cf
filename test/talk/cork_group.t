# A cork for a group and a user: it holds what the request sent to the group, be it
# a post, news of its members or an invitation; through a restart, a crash and for
# a new device.  A second cork replaces the first.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}
A! acks
B! acks
B> {"op":UserEdit,"id":"3","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"club","type":2},{"id":"$uid-C"}]}
B< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,
	"for":[{"id":"club","type":2},{"id":"$uid-C","type":1}],
	"from":"$uid-B","headsum":$sum,"id":"$id-3","op":"user",
	"posted":"$date-3"}
B! acks
A> {"op":Post,"id":"4","for":[{"id":"Club","type":3}],"datalen":2} | g1
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member","posted":"$date-5"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-5","op":"invite","posted":"$date-5","to":"carol"}
A! acks
C! acks
C> {"op":Post,"id":"6","for":[{"id":"$uid-B","type":1}],"datalen":2} | c1
C< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A> {"op":Post,"id":"7","for":[{"id":"$uid-B","type":1}],"datalen":2} | a1
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"} | a1

# What is held is held after a crash and a restart.
crash
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"} | a1
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-8","label":"x",
	"node":"1","op":"login","posted":"$date-8"}
B! acks
restart
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-9","label":"x",
	"node":"1","op":"login","posted":"$date-9"}
B! acks

# A second cork replaces the first: what the first has held comes, and from now on
# the second holds.
B> {"op":UserEdit,"id":"10","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"$uid-A","type":1}]}
B< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"} | g1
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member","posted":"$date-5"}
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-6","op":"delivery",
	"posted":"$date-6"} | c1
B< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,
	"for":[{"id":"$uid-A","type":1}],"from":"$uid-B","headsum":$sum,
	"id":"$id-10","op":"user","posted":"$date-10"}
B! acks
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-11","label":"x",
	"node":"1","op":"login","posted":"$date-11"}
A! acks
A> {"op":Post,"id":"12","for":[{"id":"$uid-B","type":1}],"datalen":2} | a2
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
B! silent

# What is held waits for a new device, too.
device B2 of B
B2! silent
B> {"op":UserEdit,"id":"13","cork":""}
B< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-12","op":"delivery",
	"posted":"$date-12"} | a2
B< {"cork":"","datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"op":"user","posted":"$date-13"}
B2< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-12","op":"delivery",
	"posted":"$date-12"} | a2
B2< {"cork":"","datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"op":"user","posted":"$date-13"}
