# Two people, from their first connection to logout, as clients that exist go
# about it: TmtpRev and Login together, Register with newnode "x", keys in any
# case, a NUL in the id of a Ping, every message acked.

A> {"op":TmtpRev,"Id":"1"}
A> {"op":Register,"NewNode":"x","NewAlias":"Alice Smith"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
B> {"op":TmtpRev,"Id":"1"}
B> {"op":Register,"Newnode":"x","Newalias":"Bob Jones"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"nodeid":"$node-B","noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}

# A second device.
A> {"op":UserEdit,"Id":"u","Newnode":"x"}
A< {"id":"u","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newnode":"x",
	"nodeid":"$node-A2","noderef":"2","op":"user","posted":"$date-1"}
A! acks
A2> {"op":TmtpRev,"Id":"1"}
A2> {"op":Login,"Uid":"$uid-A","Node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-news",
	"newnode":"x","noderef":"2","op":"user","posted":"$date-1"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"2",
	"op":"login","posted":"$date-2"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"2",
	"op":"login","posted":"$date-2"}
A! acks
A2! acks

# A first word, and an answer.
A> {"op":Ping,"Id":"a\u0000b","From":"Alice Smith","To":"bob jones","DataLen":2} | Hi
A< {"id":"a\u0000b","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"alias":"Alice Smith","datalen":2,"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ping","posted":"$date-3","to":"Bob Jones"} | Hi
A2< {"alias":"Alice Smith","datalen":2,"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ping","posted":"$date-3","to":"Bob Jones"} | Hi
A2! acks
B! acks
A2> {"op":Quit}
A2< {"error":"logout ok","op":"quit"}
A2! ended

# A group.
A> {"op":GroupInvite,"Id":"g","Gid":"Club","From":"Alice Smith",
	"To":"Bob Jones","DataLen":4} | Come
A< {"id":"g","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"invite","alias":"Bob Jones","datalen":0,"from":"$uid-A",
	"gid":"Club","headsum":$sum,"id":"$id","op":"member","posted":"$date-4"}
B< {"alias":"Alice Smith","datalen":4,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"invite","posted":"$date-4",
	"to":"Bob Jones"} | Come
B> {"op":GroupEdit,"Id":"j","Act":"join","Gid":"Club"}
B< {"id":"j","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"act":"join","alias":"Bob Jones","datalen":0,"from":"$uid-B",
	"gid":"Club","headsum":$sum,"id":"$id-5","op":"member",
	"posted":"$date-5"}
B< {"act":"join","alias":"Bob Jones","datalen":0,"from":"$uid-B",
	"gid":"Club","headsum":$sum,"id":"$id-5","op":"member",
	"posted":"$date-5"}
A! acks
B! acks

# A post to the group.
B> {"op":Post,"Id":"p","For":[{"Id":"Club","Type":3}],"DataLen":5,
	"DataHead":2} | Hello
B< {"id":"p","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"datahead":2,"datalen":5,"from":"$uid-B","headsum":$sum,"id":"$id-6",
	"op":"delivery","posted":"$date-6"} | Hello
A! acks
A> {"op":Pulse}
A> {"op":Quit}
A< {"error":"logout ok","op":"quit"}
A! ended
