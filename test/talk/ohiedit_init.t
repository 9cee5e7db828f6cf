# Clients of 2020 begin with type init: it adds, and no node hears of it.

ops 2020
member A alice
member B bob
member C carol

A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"}],"type":"init"}
A< {"id":"1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}
A> {"op":OhiEdit,"id":"2","for":[{"id":"$uid-C"}],"type":"init"}
A< {"id":"2","msgid":"","op":"ack","posted":""}
C< {"from":"$uid-A","op":"ohi","status":1}
A> {"op":OhiEdit,"id":"3","for":[{"id":"$uid-C"}],"type":"drop"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"for":[{"id":"$uid-C"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ohiedit","posted":"$date-3","type":"drop"}
C< {"from":"$uid-A","op":"ohi","status":2}
