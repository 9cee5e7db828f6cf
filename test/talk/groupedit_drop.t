# A member that is dropped by another is barred: it cannot post or join until
# it is invited again.  All members hear of it, and so does the dropped.

member A alice
member B bob
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}

A> {"op":GroupEdit,"id":"3","gid":"Club","act":"drop","to":"bob"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}

B> {"op":Post,"id":"4","for":[{"id":"Club","type":2}],"datalen":0}
B< {"error":"you are not a member of group Club","id":"4","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"5","gid":"Club","act":"join"}
B< {"error":"no invitation for you to join group Club","id":"5","msgid":"",
	"op":"ack","posted":""}
A> {"op":Post,"id":"6","for":[{"id":"Club","type":3}],"datalen":0}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date"}
B! silent

# Invited again, it may join again.
A> {"op":GroupInvite,"id":"7","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-7"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date-7","to":"bob"}
B> {"op":GroupEdit,"id":"8","gid":"Club","act":"join"}
B< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member","posted":"$date-8"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member","posted":"$date-8"}

# A member that drops itself leaves.
B> {"op":GroupEdit,"id":"9","gid":"Club","act":"drop","to":"bob"}
B< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-9","op":"member","posted":"$date-9"}
A< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-9","op":"member","posted":"$date-9"}
B> {"op":GroupEdit,"id":"10","gid":"Club","act":"drop","to":"alice"}
B< {"error":"you are not a member of group Club","id":"10","msgid":"","op":"ack","posted":""}
