# Somebody who was invited may decline.  All members hear of it, the inviter
# among them; then it is as if there had been no invitation.

member A alice
member B bob
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A! acks
B! acks

# It may name nobody else, nor nobody at all.
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"drop","to":"alice"}
B< {"error":"you are not a member of group Club","id":"2","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"3","gid":"Club","act":"drop"}
B< {"error":"you are not a member of group Club","id":"3","msgid":"","op":"ack","posted":""}

crash
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1","op":"login",
	"posted":"$date"}
B> {"op":GroupEdit,"id":"4","gid":"club","act":"drop","to":"BOB"}
B< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member","posted":"$date-4"}
B> {"op":GroupEdit,"id":"5","gid":"Club","act":"drop","to":"bob"}
B< {"error":"you are not a member of group Club","id":"5","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
B< {"error":"no invitation for you to join group Club","id":"6","msgid":"",
	"op":"ack","posted":""}

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member","posted":"$date-4"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1","op":"login",
	"posted":"$date"}
A! acks
B! acks
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
