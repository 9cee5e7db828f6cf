# Who is not invited cannot join, and is not told whether there is a group.

member A alice
member B bob
member C carol
C> {"op":GroupEdit,"id":"1","gid":"Club","act":"join"}
C< {"error":"no invitation for you to join group Club","id":"1","msgid":"",
	"op":"ack","posted":""}
A> {"op":GroupInvite,"id":"2","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-2"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-2","op":"invite","posted":"$date-2","to":"bob"}
C> {"op":GroupEdit,"id":"3","gid":"Club","act":"join"}
C< {"error":"no invitation for you to join group Club","id":"3","msgid":"",
	"op":"ack","posted":""}

A> {"op":GroupEdit,"id":"4","gid":"Club","act":"join"}
A< {"error":"no invitation for you to join group Club","id":"4","msgid":"",
	"op":"ack","posted":""}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"drop","to":"carol"}
A< {"error":"the group has no member carol","id":"5","msgid":"","op":"ack","posted":""}
A> {"op":GroupEdit,"id":"6","gid":"Club","act":"drop"}
A< {"error":"act drop needs a to","id":"6","msgid":"","op":"ack","posted":""}
A> {"op":GroupEdit,"id":"7","gid":"Club","act":"burn"}
A< {"error":"act must be join, alias, drop, moderator, pass or reject, not burn","id":"7","msgid":"",
	"op":"ack","posted":""}
B> {"op":GroupEdit,"id":"8","gid":"Club","act":"alias","newalias":"b"}
B< {"error":"you are not a member of group Club","id":"8","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"9","gid":"Club"}
B< {"error":"GroupEdit (op 6) needs act","op":"quit"}
B! ended
