# For a node that is away, and has half of the news that may wait for it, the news of
# a cork replaces that of an older cork; other news stays, and so does what is in flight.

set queue_messages_max 30
member A alice
device A2 of A
A2! lost
A> {"op":UserEdit,"id":"1","newalias":"a1"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newalias":"a1",
	"op":"user","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","cork":"2026-01-02T00:00:00.000Z"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"cork":"2026-01-02T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"user","posted":"$date-2"}
A> {"op":UserEdit,"id":"3","cork":"2026-01-03T00:00:00.000Z"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"cork":"2026-01-03T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"op":"user","posted":"$date-3"}
A> {"op":UserEdit,"id":"4","cork":"2026-01-04T00:00:00.000Z"}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"cork":"2026-01-04T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4",
	"op":"user","posted":"$date-4"}
A! acks
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newalias":"a1",
	"op":"user","posted":"$date-1"}
A2< {"cork":"2026-01-04T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4",
	"op":"user","posted":"$date-4"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"A2","node":"2",
	"op":"login","posted":"$date"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"A2","node":"2",
	"op":"login","posted":"$date"}
A! acks

# It has them in flight: they stay, also when a newer one comes.
A> {"op":UserEdit,"id":"5","cork":""}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"op":"user","posted":"$date-5"}
A2< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"op":"user","posted":"$date-5"}
A! acks
A2! acks
A2! lost
A> {"op":UserEdit,"id":"6","cork":"2026-01-05T00:00:00.000Z"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"cork":"2026-01-05T00:00:00.000Z","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6",
	"op":"user","posted":"$date-6"}
A! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":UserEdit,"id":"7","cork":""}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7",
	"op":"user","posted":"$date-7"}
A! acks
restart
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A2< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7",
	"op":"user","posted":"$date-7"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"A2","node":"2",
	"op":"login","posted":"$date"}
