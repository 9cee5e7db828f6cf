# A message is removed from a node's queue when the node has acked it.  Up to
# window messages are in flight.  Ids that were not sent on this connection,
# or not ids at all, are passed over.

set window 2
member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":1} | 1
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":1} | 2
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":1} | 3
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | 1
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | 2
B> {"op":Ack,"id":"$id-3","type":"ok"}
B> {"op":Ack,"id":"0000000000000000","type":"ok"}
B> {"op":Ack,"id":"../../x","type":"ok"}
B> {"op":Ack,"id":"","type":""}
B! silent
B> {"op":Ack,"id":"$id-2","type":"ok"}
B> {"op":Ack,"id":"$id-2","type":"ok"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | 3

# What is not acked comes again, in order, after the next login.
B! lost
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | 1
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | 3
B! acks
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-4","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks

B> {"op":Ack,"id":"$id-4"}
B< {"error":"$error","op":"quit"}
B! ended
