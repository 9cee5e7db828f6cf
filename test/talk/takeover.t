# A login for a node that is online takes it over: the older connection is
# often one that a phone has lost without knowing.  What was in flight there
# is sent again.

member A alice
member B bob
B> {"op":Post,"id":"1","for":[{"id":"$uid-A","type":1}],"datalen":2} | hi
B< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi

A2> {"op":TmtpRev,"id":"1"}
A2> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"replaced by a newer login","op":"quit"}
A! ended
A2< {"id":"1","name":"test","op":"tmtprev"}
A2< {"info":"login ok","op":"info"}
A2< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A2! acks
