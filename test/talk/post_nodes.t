# Every message goes to the sender's other nodes too.  The node that posts gets
# it if it is meant for the sender as well.

member A alice
device A2 of A
member B bob
device B2 of B

A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A2< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B2< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi

# For nobody: only for the sender's other nodes.
A> {"op":Post,"id":"2","for":[],"datalen":2} | me
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A2< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | me

# For oneself: for all of the sender's nodes.
A2> {"op":Post,"id":"3","for":[{"id":"$uid-A","type":1}],"datalen":2} | us
A2< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A2< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | us
A< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | us

# Pings go to the other nodes as well.
A> {"op":Ping,"id":"4","from":"alice","to":"bob","datalen":2} | yo
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A2< {"alias":"alice","datalen":2,"from":"$uid-A","headsum":$sum,
	"id":"$id-4","op":"ping","posted":"$date-4","to":"bob"} | yo
B< {"alias":"alice","datalen":2,"from":"$uid-A","headsum":$sum,
	"id":"$id-4","op":"ping","posted":"$date-4","to":"bob"} | yo
B2< {"alias":"alice","datalen":2,"from":"$uid-A","headsum":$sum,
	"id":"$id-4","op":"ping","posted":"$date-4","to":"bob"} | yo
