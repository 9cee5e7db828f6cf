# A thief may have added nodes: dropnode with after drops all that are newer,
# too.  A node may drop itself, unless it is the only one.

member A alice
device B of A
device C of A
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newnode":"C",
	"noderef":"3","op":"user","posted":"$date"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"C",
	"node":"3","op":"login","posted":"$date"}
B! acks
device D of C
AB< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3","newnode":"D",
	"noderef":"4","op":"user","posted":"$date"}
AB< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","label":"D",
	"node":"4","op":"login","posted":"$date"}
AB! acks

# Only an older node may do that.
C> {"op":UserEdit,"id":"1","dropnode":"2","after":true}
C< {"error":"only an older node can drop node 2","id":"1","msgid":"",
	"op":"ack","posted":""}

B> {"op":UserEdit,"id":"2","dropnode":"3","after":true}
CD< {"error":"this node has been dropped","op":"quit"}
CD! ended
B< {"id":"2","msgid":"$id-5","op":"ack","posted":"$date-5"}
AB< {"after":true,"datalen":0,"dropnode":"3","from":"$uid-A","headsum":$sum,
	"id":"$id-5","op":"user","posted":"$date-5"}
AB! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-A","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"error":"login failed: unknown user or node","op":"quit"}
D! ended

# The ack comes before the quit.
B> {"op":UserEdit,"id":"3","dropnode":"2"}
B< {"id":"3","msgid":"$id-6","op":"ack","posted":"$date-6"}
B< {"error":"this node has been dropped","op":"quit"}
B! ended
A< {"datalen":0,"dropnode":"2","from":"$uid-A","headsum":$sum,"id":"$id-6",
	"op":"user","posted":"$date-6"}
A! acks

A> {"op":UserEdit,"id":"4","dropnode":"1"}
A< {"error":"this is your only device: node 1","id":"4","msgid":"",
	"op":"ack","posted":""}
device E of A
A> {"op":UserEdit,"id":"5","dropnode":"1","after":true}
A< {"error":"this would drop all your devices: from node 1","id":"5",
	"msgid":"","op":"ack","posted":""}

# From itself on: its newer ones go at once.
device F of E
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","newnode":"F",
	"noderef":"6","op":"user","posted":"$date"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8","label":"F",
	"node":"6","op":"login","posted":"$date"}
A! acks
E> {"op":UserEdit,"id":"6","dropnode":"5","after":true}
F< {"error":"this node has been dropped","op":"quit"}
F! ended
E< {"id":"6","msgid":"$id-9","op":"ack","posted":"$date-9"}
E< {"error":"this node has been dropped","op":"quit"}
E! ended
A< {"after":true,"datalen":0,"dropnode":"5","from":"$uid-A","headsum":$sum,
	"id":"$id-9","op":"user","posted":"$date-9"}
A! acks

# The oldest may leave, and what it did outlives the relay.
device G of A
A> {"op":UserEdit,"id":"7","dropnode":"1","after":false}
A< {"id":"7","msgid":"$id-10","op":"ack","posted":"$date-10"}
A< {"error":"this node has been dropped","op":"quit"}
A! ended
G< {"datalen":0,"dropnode":"1","from":"$uid-A","headsum":$sum,"id":"$id-10",
	"op":"user","posted":"$date-10"}
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"error":"login failed: unknown user or node","op":"quit"}
A! ended
G> {"op":TmtpRev,"id":"1"}
G> {"op":Login,"uid":"$uid-A","node":"$node-G"}
G< {"id":"1","name":"test","op":"tmtprev"}
G< {"info":"login ok","op":"info"}
G< {"datalen":0,"dropnode":"1","from":"$uid-A","headsum":$sum,"id":"$id-10",
	"op":"user","posted":"$date-10"}
G< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-11","label":"G",
	"node":"7","op":"login","posted":"$date"}
G! acks
