# On the same connection, the same request under the same id is a second post,
# and each is acked once.  (On a later connection: resend.t.)

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"id":"1","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | hi
B! acks
+15s
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | hi
