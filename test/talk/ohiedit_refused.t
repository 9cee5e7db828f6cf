# Clients are about that leave out the type when they mean add.  What a client
# remembers may name users that are no more: in its first list they are passed
# over.  To add one later is refused.

ops 2018
member A alice
member B bob

A> {"op":OhiEdit,"id":"1","for":[{"id":"nobody"},{"id":"$uid-B"}]}
A< {"id":"1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}

A> {"op":OhiEdit,"id":"2","for":[{"id":"nobody"}],"type":"add"}
A< {"error":"no user has the uid nobody","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":OhiEdit,"id":"3","for":[],"type":"hide"}
A< {"error":"type must be add, drop or init, not hide","id":"3","msgid":"",
	"op":"ack","posted":""}
A> {"op":OhiEdit,"id":"4","type":"add"}
A< {"error":"OhiEdit (op 4) needs for","op":"quit"}
B< {"from":"$uid-A","op":"ohi","status":2}
A! ended
