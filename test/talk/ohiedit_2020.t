# In 2020, only type init is silent: the first add after a login is a message to
# the user's nodes like any other, and must name users that exist.  The client
# waits for that message: without it, a contact stays pending.

ops 2020
member A alice
device A2 of A
member B bob

A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"ohiedit","posted":"$date-1","type":"add"}
A2< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"ohiedit","posted":"$date-1","type":"add"}
B< {"from":"$uid-A","op":"ohi","status":1}
A! acks
A2! acks
A> {"op":OhiEdit,"id":"2","for":[{"id":"nobody"},{"id":"$uid-B"}],"type":"add"}
A< {"error":"no user has the uid nobody","id":"2","msgid":"","op":"ack","posted":""}

# After a new login, too; without a type, add is meant.
A2> {"op":OhiEdit,"id":"3","for":[{"id":"nobody"}]}
A2< {"error":"no user has the uid nobody","id":"3","msgid":"","op":"ack","posted":""}
A2> {"op":OhiEdit,"id":"4","for":[{"id":"nobody"},{"id":"$uid-B"}],"type":"init"}
A2< {"id":"4","msgid":"","op":"ack","posted":""}
A2> {"op":OhiEdit,"id":"5","for":[{"id":"$uid-B"}]}
A2< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-5","op":"ohiedit","posted":"$date-5","type":"add"}
A2< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-5","op":"ohiedit","posted":"$date-5","type":"add"}
B! silent

# The first of a login may be drop, with nobody to drop.
B> {"op":OhiEdit,"id":"6","for":[{"id":"$uid-A"}],"type":"drop"}
B< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
B< {"datalen":0,"for":[{"id":"$uid-A"}],"from":"$uid-B","headsum":$sum,
	"id":"$id-6","op":"ohiedit","posted":"$date-6","type":"drop"}

# On a full disk, only init works.
disk full
B> {"op":OhiEdit,"id":"7","for":[{"id":"$uid-A"}],"type":"add"}
B< {"error":"the disk is full: nothing can be stored at present","id":"7",
	"msgid":"","op":"ack","posted":""}
B> {"op":OhiEdit,"id":"8","for":[{"id":"$uid-A"}],"type":"init"}
B< {"id":"8","msgid":"","op":"ack","posted":""}
A< {"from":"$uid-B","op":"ohi","status":1}
A2< {"from":"$uid-B","op":"ohi","status":1}
