# A new node that must log in within some time is dropped if it does not.

member A alice
A> {"op":UserEdit,"id":"1","newnode":"x","within":0}
A< {"error":"within must be from 1 to 86400, not 0","id":"1","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"2","newnode":"x","within":86401}
A< {"error":"within must be from 1 to 86400, not 86401","id":"2","msgid":"","op":"ack","posted":""}

# Two that nobody uses, at the same time, and one that somebody does.
A> {"op":UserEdit,"id":"3","newnode":"code","within":120}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"newnode":"code","nodeid":"$node-X","noderef":"2","op":"user",
	"posted":"$date-3"}
A> {"op":UserEdit,"id":"4","newnode":"code","within":120}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4",
	"newnode":"code","nodeid":"$node-Y","noderef":"3","op":"user",
	"posted":"$date-4"}
A> {"op":UserEdit,"id":"5","newnode":"used","within":120}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"newnode":"used","nodeid":"$node-Z","noderef":"4","op":"user",
	"posted":"$date-5"}
A! acks

+119s
A> {"op":Pulse}
Z> {"op":TmtpRev,"id":"1"}
Z< {"id":"1","name":"test","op":"tmtprev"}
Z> {"op":Login,"uid":"$uid-A","node":"$node-Z"}
Z< {"info":"login ok","op":"info"}
Z< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n3","newnode":"code",
	"noderef":"2","op":"user","posted":"$date-3"}
Z< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n4","newnode":"code",
	"noderef":"3","op":"user","posted":"$date-4"}
Z< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n5","newnode":"used",
	"noderef":"4","op":"user","posted":"$date-5"}
Z< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","label":"used","node":"4",
	"op":"login","posted":"$date-6"}
+2s
+1s
X> {"op":TmtpRev,"id":"1"}
X< {"id":"1","name":"test","op":"tmtprev"}
X> {"op":Login,"uid":"$uid-A","node":"$node-X"}
X< {"error":"login failed: unknown user or node","op":"quit"}
X! ended
Y> {"op":TmtpRev,"id":"1"}
Y< {"id":"1","name":"test","op":"tmtprev"}
Y> {"op":Login,"uid":"$uid-A","node":"$node-Y"}
Y< {"error":"login failed: unknown user or node","op":"quit"}
Y! ended
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","label":"used","node":"4",
	"op":"login","posted":"$date-6"}
A! silent
