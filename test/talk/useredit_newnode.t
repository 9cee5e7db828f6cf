# UserEdit newnode makes another node.  Only the node that asks is told its
# password; how it comes to the new device is the client's affair.  The new node
# starts with what this one has not yet acked.

member A alice
member B bob
B> {"op":Post,"id":"1","for":[{"id":"$uid-A","type":1}],"datalen":2} | hi
B< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi

A> {"op":UserEdit,"id":"2","newnode":"phone"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"newnode":"phone","nodeid":"$node-A2","noderef":"2","op":"user",
	"posted":"$date-2"}

A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-news",
	"newnode":"phone","noderef":"2","op":"user","posted":"$date-2"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3","label":"phone","node":"2",
	"op":"login","posted":"$date-3"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3","label":"phone","node":"2",
	"op":"login","posted":"$date-3"}

# Both have their own queue: what one has acked still waits for the other.
A2! acks
A! acks
A2! lost
B> {"op":Post,"id":"3","for":[{"id":"$uid-A","type":1}],"datalen":0}
B< {"id":"3","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"}
A! acks
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"phone","node":"2",
	"op":"login","posted":"$date-5"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"phone","node":"2",
	"op":"login","posted":"$date-5"}
