# Register makes a user with one node, and logs in as that.  The uid is public;
# the nodeid is the node's password.  The device's label is kept for the user.

A> {"op":TmtpRev,"id":"1"}
A> {"op":Register,"newnode":"x","newalias":"Alice Smith"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
A! silent

# Without an alias, or with "_", nobody can ping the user.
B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newnode":"x"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"nodeid":"$node-B","noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}

C> {"op":TmtpRev,"id":"1"}
C> {"op":Register,"newnode":"x","newalias":"_"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"nodeid":"$node-C","noderef":"1","op":"registered","uid":"$uid-C"}
C< {"info":"login ok","op":"info"}

# The registration outlives the connection and the relay.
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
