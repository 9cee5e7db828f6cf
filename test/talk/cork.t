# UserEdit cork: until a date what others send is kept, and then it comes, in the
# order in which it was sent.  What one sends oneself is never kept.

member A alice
device A2 of A
member B bob
member C carol

# Everything, until it is ended.
A> {"op":UserEdit,"id":"1","cork":"2026-01-02T00:00:00.000Z"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"cork":"2026-01-02T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"user","posted":"$date-1"}
A2< {"cork":"2026-01-02T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"user","posted":"$date-1"}
B> {"op":Post,"id":"2","for":[{"id":"$uid-A","type":1}],"datalen":2} | b1
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
C> {"op":Ping,"id":"3","from":"carol","to":"alice","datalen":2} | c1
C< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A2> {"op":Post,"id":"4","for":[],"datalen":2} | me
A2< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"} | me
A! silent
A2! silent
A> {"op":UserEdit,"id":"5","cork":""}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | b1
A< {"alias":"carol","datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-3",
	"op":"ping","posted":"$date-3","to":"alice"} | c1
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"op":"user","posted":"$date-5"}
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | b1
A2< {"alias":"carol","datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-3",
	"op":"ping","posted":"$date-3","to":"alice"} | c1
A2< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"op":"user","posted":"$date-5"}
A! acks
A2! acks

# To end what has not begun does no harm.
A> {"op":UserEdit,"id":"6","cork":""}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6",
	"op":"user","posted":"$date-6"}
A2< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6",
	"op":"user","posted":"$date-6"}
A! acks
A2! acks

# From B alone, for a minute: C comes through.  A message that is in flight stays
# in flight, and is not sent twice.
A> {"op":UserEdit,"id":"7","cork":"2026-01-01T00:01:00.000Z","for":[{"id":"$uid-B"}]}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"cork":"2026-01-01T00:01:00.000Z","datalen":0,
	"for":[{"id":"$uid-B","type":1}],"from":"$uid-A","headsum":$sum,
	"id":"$id-7","op":"user","posted":"$date-7"}
A2< {"cork":"2026-01-01T00:01:00.000Z","datalen":0,
	"for":[{"id":"$uid-B","type":1}],"from":"$uid-A","headsum":$sum,
	"id":"$id-7","op":"user","posted":"$date-7"}
A! acks
A2! acks
B> {"op":Post,"id":"8","for":[{"id":"$uid-A","type":1}],"datalen":2} | b2
B< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A! silent
A2! silent
+45s
C> {"op":Post,"id":"9","for":[{"id":"$uid-A","type":1}],"datalen":2} | c2
C< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-9"} | c2
A2< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-9"} | c2
B> {"op":Post,"id":"10","for":[{"id":"$uid-A","type":1}],"datalen":2} | b3
B< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
A! silent
A2! acks
+16s
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-8","op":"delivery",
	"posted":"$date-8"} | b2
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-10","op":"delivery",
	"posted":"$date-10"} | b3
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-8","op":"delivery",
	"posted":"$date-8"} | b2
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-10","op":"delivery",
	"posted":"$date-10"} | b3
A! acks
A2! acks
+60s
A! silent
