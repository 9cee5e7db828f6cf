# The relay's own news does not crowd out posts: for a node that is away, at most a
# tenth of queue_messages_max waits (3 here), and the oldest gives way.  When half of
# that waits, a login of another node replaces that node's older login.

set queue_messages_max 30
member A alice
device A2 of A
member B bob
A2! lost
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","label":"x",
	"node":"1","op":"login","posted":"$date-1"}
A! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x",
	"node":"1","op":"login","posted":"$date-2"}
A! acks
B> {"op":Post,"id":"1","for":[{"id":"$uid-A","type":1}],"datalen":2} | hi
B< {"id":"1","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | hi
A> {"op":UserEdit,"id":"3","newalias":"a3"}
A< {"id":"3","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","newalias":"a3",
	"op":"user","posted":"$date-4"}
A! acks
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x",
	"node":"1","op":"login","posted":"$date-2"}
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | hi
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","newalias":"a3",
	"op":"user","posted":"$date-4"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"A2",
	"node":"2","op":"login","posted":"$date-5"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-5","label":"A2",
	"node":"2","op":"login","posted":"$date-5"}
A! acks

# All three pieces of news are in flight: they stay until they are acked.
A> {"op":UserEdit,"id":"6","newalias":"a6"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","newalias":"a6",
	"op":"user","posted":"$date-6"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","newalias":"a6",
	"op":"user","posted":"$date-6"}
A! acks
A2> {"op":Ack,"id":"$id-2","type":"ok"}
A2! lost

# While the node is away nothing is in flight.  The limit holds across a restart
# and a crash, too.
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","label":"x",
	"node":"1","op":"login","posted":"$date-7"}
A! acks
restart
A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A2"}
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | hi
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","newalias":"a6",
	"op":"user","posted":"$date-6"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","label":"x",
	"node":"1","op":"login","posted":"$date-7"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8","label":"A2",
	"node":"2","op":"login","posted":"$date-8"}
