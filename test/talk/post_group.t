# A post to a group goes to all who have joined.  With type 2 the sender is
# included: the node that posts gets it too.  With type 3 the sender is
# excluded: only its other nodes get a copy, as of everything it sends.

member A alice
device A2 of A
member B bob
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-1"}
A2< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A2< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}

# Who is only invited gets nothing yet.
A> {"op":Post,"id":"2","for":[{"id":"Club","type":3}],"datalen":1} | 2
A< {"id":"2","msgid":"$id-4","op":"ack","posted":"$date-2"}
A2< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-2"} | 2

B> {"op":GroupEdit,"id":"3","gid":"Club","act":"join"}
B< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A2< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A! acks
A2! acks
B! acks

A> {"op":Post,"id":"4","for":[{"id":"club","type":2}],"datalen":3} | all
A< {"id":"4","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-5"} | all
A2< {"datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-5"} | all
B< {"datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-5"} | all

A> {"op":Post,"id":"5","for":[{"id":"Club","type":3},{"id":"$uid-B","type":1}],"datalen":3} | you
A< {"id":"5","msgid":"$id-6","op":"ack","posted":"$date-6"}
A2< {"datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-6","op":"delivery",
	"posted":"$date-6"} | you
B< {"datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-6","op":"delivery",
	"posted":"$date-6"} | you

# Both types at once are the first.
A> {"op":Post,"id":"6","for":[{"id":"Club","type":3},{"id":"Club","type":2}],"datalen":0}
A< {"id":"6","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"}
