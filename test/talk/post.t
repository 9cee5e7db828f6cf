# Post sends a message to users.  It is acked when it is durable, and delivered
# only after that; posted is the same in the ack and in every copy.  What
# datahead and datasum say passes through.

member A alice
member B bob
member C carol

A> {"op":Post,"id":"p\u0000q","for":[{"id":"$uid-B","type":1},{"id":"$uid-C","type":1}],
	"datalen":11,"datahead":5,"datasum":4294967295} | hello world
A< {"id":"p\u0000q","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datahead":5,"datalen":11,"datasum":4294967295,"from":"$uid-A",
	"headsum":$sum,"id":"$id-1","op":"delivery","posted":"$date-1"} | hello world
C< {"datahead":5,"datalen":11,"datasum":4294967295,"from":"$uid-A",
	"headsum":$sum,"id":"$id-1","op":"delivery","posted":"$date-1"} | hello world
B! acks
C! acks

# Who is named twice gets one copy.
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1},{"id":"$uid-B","type":1}],"datalen":0}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"}
