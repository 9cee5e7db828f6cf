# What is not acked within 30 seconds is sent again, in order, as long as the
# connection is alive.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":1} | 1
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | 1
+10s
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":1} | 2
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":1} | 3
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | 2
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | 3
+19999ms
B! silent
+1ms
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | 1
B> {"op":Ack,"id":"$id-2","type":"ok"}
+10s
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | 3
B> {"op":Ack,"id":"$id-1","type":"ok"}
B> {"op":Ack,"id":"$id-3","type":"ok"}
+60s
B! silent
