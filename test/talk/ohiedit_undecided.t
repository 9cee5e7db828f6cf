# A client of 2020 shows its numbering by the Ack of its own login message: from
# then on its first add is a message, too.  Before, the rule of 2018 holds.

ops auto
member A alice
member B bob

A> {"op":4,"id":"1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}

A! lost
B< {"from":"$uid-A","op":"ohi","status":2}
A> {"op":0,"id":"1"}
A> {"op":2,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"1",
	"op":"login","posted":"$date"}
A> {"op":10,"id":"$id-2","type":"ok"}
A> {"op":4,"id":"2","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ohiedit","posted":"$date-3","type":"add"}
B< {"from":"$uid-A","op":"ohi","status":1}
