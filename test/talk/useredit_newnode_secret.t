# A new node's password goes to the node that asked, and to no other.

member A alice
device B of A
A> {"op":UserEdit,"id":"1","newnode":"tablet"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","nodeid":"$node-C","noderef":"3","op":"user",
	"posted":"$date-1"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","noderef":"3","op":"user","posted":"$date-1"}

# As long as it has not acked the message, it gets it again: 30 s later, and
# after a restart of the relay.
+30s
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","nodeid":"$node-C","noderef":"3","op":"user",
	"posted":"$date-1"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","noderef":"3","op":"user","posted":"$date-1"}
B! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","nodeid":"$node-C","noderef":"3","op":"user",
	"posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x",
	"node":"1","op":"login","posted":"$date-2"}

# A third node starts with a copy of its queue.  The password in it is not for
# that node, nor is its own.
A> {"op":UserEdit,"id":"2","newnode":"watch"}
A< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"newnode":"watch","nodeid":"$node-D","noderef":"4","op":"user",
	"posted":"$date-3"}
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-A","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","noderef":"3","op":"user","posted":"$date-1"}
D< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x",
	"node":"1","op":"login","posted":"$date-2"}
D< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"newnode":"watch","noderef":"4","op":"user","posted":"$date-3"}
D< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","label":"watch",
	"node":"4","op":"login","posted":"$date-4"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","label":"watch",
	"node":"4","op":"login","posted":"$date-4"}
A! acks
D! acks

# Acked, it is nowhere any more.
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"x",
	"node":"1","op":"login","posted":"$date-5"}

# The tablet's password works.
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-A","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"tablet","noderef":"3","op":"user","posted":"$date-1"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x",
	"node":"1","op":"login","posted":"$date-2"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"newnode":"watch","noderef":"4","op":"user","posted":"$date-3"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","label":"watch",
	"node":"4","op":"login","posted":"$date-4"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"x",
	"node":"1","op":"login","posted":"$date-5"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","label":"tablet",
	"node":"3","op":"login","posted":"$date-6"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","label":"tablet",
	"node":"3","op":"login","posted":"$date-6"}
