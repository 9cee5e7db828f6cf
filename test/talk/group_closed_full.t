# A member whose queue is full is named as the sender has named it: in a closed
# group only a moderator may learn who is in it.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"closed","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"join"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
A! acks
B! acks
C! acks
set queue_messages_max 1
A> {"op":Post,"id":"5","for":[{"id":"$uid-C","type":1}],"datalen":1} | 1
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
C< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-5",
	"op":"delivery","posted":"$date-5"} | 1
B> {"op":Post,"id":"6","for":[{"id":"club","type":3}],"datalen":0}
B< {"error":"too much is waiting for a member of group Club","id":"6","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"7","for":[{"id":"Club","type":2},{"id":"$uid-C","type":1}],"datalen":0}
B< {"error":"too much is waiting for a member of group Club","id":"7","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"8","for":[{"id":"$uid-C","type":1}],"datalen":0}
B< {"error":"too much is waiting for $uid-C","id":"8","msgid":"","op":"ack",
	"posted":""}
B> {"op":Ping,"id":"9","from":"bob","to":"carol","datalen":0}
B< {"error":"too much is waiting for carol","id":"9","msgid":"","op":"ack",
	"posted":""}
A> {"op":Post,"id":"10","for":[{"id":"club","type":3}],"datalen":0}
A< {"error":"too much is waiting for $uid-C","id":"10","msgid":"","op":"ack",
	"posted":""}
C! acks
B> {"op":Post,"id":"11","for":[{"id":"Club","type":3}],"datalen":1} | 2
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
A< {"datalen":1,"from":"$uid-B","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-11"} | 2
C< {"datalen":1,"from":"$uid-B","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-11"} | 2
