# Login connects a client to its node's queue.  TmtpRev and Login are mostly
# sent together.  All of the user's nodes hear of it, this one included.

member A alice
A! lost

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","label":"x","node":"1",
	"op":"login","posted":"$date"}
A> {"op":Ack,"id":"$id-1","type":"ok"}
A! silent

# There is only one login on a connection.
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"Login is not allowed now: already logged in","op":"quit"}
A! ended
