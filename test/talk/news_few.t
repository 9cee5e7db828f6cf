# While little news waits, a node that is away gets all of it.

set queue_messages_max 40
member A alice
device A2 of A
A2! lost
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","label":"x","node":"1",
	"op":"login","posted":"$date"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"1",
	"op":"login","posted":"$date"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"A2","node":"2",
	"op":"login","posted":"$date"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"A2","node":"2",
	"op":"login","posted":"$date"}
