# OhiEdit is always done: what it does ends with its connection.

ops 2020
member A alice
member B bob
A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"ohiedit","posted":"$date-1","type":"add"}
A! acks
B< {"from":"$uid-A","op":"ohi","status":1}
A! lost
B< {"from":"$uid-A","op":"ohi","status":2}
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"1","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-2","op":"ohiedit","posted":"$date-2","type":"add"}
B< {"from":"$uid-A","op":"ohi","status":1}
