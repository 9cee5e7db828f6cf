# The sender's other nodes get every message, too.  When too much is waiting for one
# of them, that is what is told, and not that the recipient has too much.  The phone
# has the message that it is there, and one post.

set queue_messages_max 2
member A alice
member B bob
A> {"op":UserEdit,"id":"1","newnode":"phone"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"phone","nodeid":"$node-A2","noderef":"2","op":"user",
	"posted":"$date-1"}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | hi
B! acks

A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":2} | no
A< {"error":"too much is waiting for your node 2","id":"3","msgid":"","op":"ack",
	"posted":""}
A> {"op":Ping,"id":"4","from":"alice","to":"bob","datalen":0}
A< {"error":"too much is waiting for your node 2","id":"4","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"error":"too much is waiting for your node 2","id":"5","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"6","for":[{"id":"$uid-A","type":1}],"datalen":2} | no
B< {"error":"too much is waiting for $uid-A","id":"6","msgid":"","op":"ack",
	"posted":""}
A! acks
A> {"op":UserEdit,"id":"7","dropnode":"2"}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"datalen":0,"dropnode":"2","from":"$uid-A","headsum":$sum,"id":"$id-7",
	"op":"user","posted":"$date-7"}
A> {"op":Ping,"id":"8","from":"alice","to":"bob","datalen":0}
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8",
	"op":"ping","posted":"$date-8","to":"bob"}
