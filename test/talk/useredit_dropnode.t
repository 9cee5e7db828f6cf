# UserEdit dropnode ends a node: its connection gets a quit, its queue is
# freed, its password is worth nothing.  Only an older node may do that, so
# that a stolen device cannot lock out its owner.

member A alice
device A2 of A

A2> {"op":UserEdit,"id":"1","dropnode":"1"}
A2< {"error":"only an older node can drop node 1","id":"1","msgid":"",
	"op":"ack","posted":""}
A> {"op":UserEdit,"id":"3","dropnode":"7"}
A< {"error":"you have no node 7","id":"3","msgid":"",
	"op":"ack","posted":""}

A> {"op":UserEdit,"id":"4","dropnode":"2"}
A2< {"error":"this node has been dropped","op":"quit"}
A2! ended
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":0,"dropnode":"2","from":"$uid-A","headsum":$sum,
	"id":"$id-4","op":"user","posted":"$date-4"}
A! acks

A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"error":"login failed: unknown user or node","op":"quit"}
A2! ended

# Numbers are never used again.
A> {"op":UserEdit,"id":"5","newnode":"x"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"newnode":"x","nodeid":"$node-A3","noderef":"3","op":"user",
	"posted":"$date-5"}
