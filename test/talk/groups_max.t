# A member may make so many groups, of which those that everybody has left are
# some; an invitation that cannot be sent makes none.

set groups_max 2
set queue_messages_max 3
member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"One","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"One",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"One","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date","to":"bob"}
A> {"op":GroupEdit,"id":"2","gid":"One","act":"drop","to":"alice"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date"}
A< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"One",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date"}
A! acks

# B has two more to come, and does not ack.
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":0}
A> {"op":Post,"id":"4","for":[{"id":"$uid-B","type":1}],"datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date"}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date"}
A> {"op":GroupInvite,"id":"5","gid":"Two","from":"alice","to":"bob","datalen":0}
A< {"error":"too much is waiting for bob","id":"5","msgid":"","op":"ack","posted":""}
B! silent

# The name is still free, and no group was made.
C> {"op":GroupEdit,"id":"6","gid":"Two","act":"join"}
C< {"error":"no invitation for you to join group Two","id":"6","msgid":"",
	"op":"ack","posted":""}
B! acks
A> {"op":GroupInvite,"id":"7","gid":"two","from":"alice","to":"bob","datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"two",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"two","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date","to":"bob"}
A! acks
B! acks
A> {"op":GroupInvite,"id":"8","gid":"Three","from":"alice","to":"bob","datalen":0}
A< {"error":"you have reached the limit of groups that a member may make: 2","id":"8",
	"msgid":"","op":"ack","posted":""}

# So it is after a restart; to invite to those that are there is no matter.
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":GroupInvite,"id":"9","gid":"Three","from":"alice","to":"bob","datalen":0}
A< {"error":"you have reached the limit of groups that a member may make: 2","id":"9",
	"msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"10","gid":"Two","from":"alice","to":"carol","datalen":0}
A< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"two",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date"}
