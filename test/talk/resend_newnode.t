# A new node and one that was dropped: a repetition makes no second node, and
# its message still waits if it was not acked.

ops 2020
member A alice
A> {"op":UserEdit,"id":"1","newnode":"phone"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newnode":"phone",
	"nodeid":"$node-A2","noderef":"2","op":"user","posted":"$date-1"}
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newnode":"phone",
	"nodeid":"$node-A2","noderef":"2","op":"user","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":UserEdit,"id":"1","newnode":"phone"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","dropnode":"2"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"datalen":0,"dropnode":"2","from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"user","posted":"$date-2"}
A! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":UserEdit,"id":"2","dropnode":"2"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":UserEdit,"id":"3","dropnode":"2"}
A< {"error":"$error","id":"3","msgid":"","op":"ack","posted":""}
