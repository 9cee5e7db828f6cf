# A member may be called by another name in the group, from when it joins or
# later.  Nobody can take the name of another.

member A alice
member B bob
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}

B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join","newalias":"Alice"}
B< {"error":"this name is already taken: Alice","id":"2","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"3","gid":"Club","act":"join","newalias":"Bobby"}
B< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","newalias":"Bobby","op":"member","posted":"$date-3"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","newalias":"Bobby","op":"member","posted":"$date-3"}

A> {"op":GroupEdit,"id":"4","gid":"Club","act":"alias","newalias":"bobby"}
A< {"error":"this name is already taken: bobby","id":"4","msgid":"","op":"ack","posted":""}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias"}
A< {"error":"act alias needs a newalias","id":"5","msgid":"","op":"ack","posted":""}
A> {"op":GroupEdit,"id":"6","gid":"Club","act":"alias","newalias":"Chair"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"act":"alias","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-6","newalias":"Chair","op":"member","posted":"$date-6"}
B< {"act":"alias","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-6","newalias":"Chair","op":"member","posted":"$date-6"}

# It may invite by that name, too, which is shown as it was given.
member C carol
A> {"op":GroupInvite,"id":"7","gid":"Club","from":"CHAIR","to":"carol","datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member","posted":"$date-7"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member","posted":"$date-7"}
C< {"alias":"Chair","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date-7","to":"carol"}
B> {"op":GroupInvite,"id":"8","gid":"Club","from":"chair","to":"carol","datalen":0}
B< {"error":"you have no alias chair","id":"8","msgid":"","op":"ack","posted":""}
