# Posts that cannot wait for moderators, and what cannot be settled.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","to":"bob","from":"alice","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1-2","op":"member",
	"posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","to":"carol","from":"alice","kind":"moderated","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3-2","op":"member",
	"posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3-2","op":"member",
	"posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"join"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
B< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
A! acks
B! acks
C! acks
B> {"op":Post,"id":"5","for":[{"id":"Club","type":3},{"id":"Club","type":3}],"datalen":0}
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"5","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"6","for":[{"id":"Club","type":3},{"id":"$uid-C","type":1}],"datalen":0}
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"6","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"7","for":[{"id":"$uid-C","type":1},{"id":"Club","type":3}],"datalen":0}
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"7","msgid":"","op":"ack",
	"posted":""}
A! silent
C! silent
A> {"op":Post,"id":"8","for":[{"id":"Club","type":3},{"id":"$uid-C","type":1}],"datalen":0}
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8",
	"op":"delivery","posted":"$date-8"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8",
	"op":"delivery","posted":"$date-8"}
B> {"op":Post,"id":"9","for":[{"id":"club","type":3}],"datalen":2} | Hi
B< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-9",
	"moderate":"Club","op":"delivery","posted":"$date-9"} | Hi
B> {"op":GroupEdit,"id":"10","gid":"Club","act":"pass","msgid":"$id-9"}
B< {"error":"you are not a moderator of group Club","id":"10","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"11","gid":"Club","act":"pass","msgid":"x"}
A< {"error":"no post waits in the group with the msgid x","id":"11","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"12","gid":"Club","act":"pass","msgid":"0000000000000001"}
A< {"error":"no post waits in the group with the msgid 0000000000000001","id":"12","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"pass","msgid":"$id-1"}
A< {"error":"no post waits in the group with the msgid $id-1","id":"13","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"14","gid":"Club","act":"pass"}
A< {"error":"no post waits in the group with the msgid ","id":"14","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"15","gid":"Other","act":"pass","msgid":"$id-9"}
A< {"error":"you are not a member of group Other","id":"15","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"16","gid":"Club","act":"reject","msgid":"$id-9"}
B< {"error":"you are not a moderator of group Club","id":"16","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"17","gid":"Club","act":"reject","msgid":"x"}
A< {"error":"no post waits in the group with the msgid x","id":"17","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"18","gid":"Club","act":"reject","msgid":"0000000000000001"}
A< {"error":"no post waits in the group with the msgid 0000000000000001","id":"18","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"19","gid":"Club","act":"reject","msgid":"$id-1"}
A< {"error":"no post waits in the group with the msgid $id-1","id":"19","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"20","gid":"Club","act":"reject"}
A< {"error":"no post waits in the group with the msgid ","id":"20","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"21","gid":"Other","act":"reject","msgid":"$id-9"}
A< {"error":"you are not a member of group Other","id":"21","msgid":"","op":"ack",
	"posted":""}

# With a member whose queue is full it goes on waiting.
A! acks
B! acks
set queue_messages_max 1
A> {"op":GroupEdit,"id":"22","gid":"Club","act":"pass","msgid":"$id-9"}
A< {"error":"too much is waiting for $uid-C","id":"22","msgid":"","op":"ack",
	"posted":""}
C! acks
disk full
A> {"op":GroupEdit,"id":"23","gid":"Club","act":"pass","msgid":"$id-9"}
A< {"error":"the disk is full: nothing can be stored at present","id":"23","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"24","for":[{"id":"Club","type":3}],"datalen":0}
B< {"error":"the disk is full: nothing can be stored at present","id":"24","msgid":"","op":"ack",
	"posted":""}
disk free
A> {"op":GroupEdit,"id":"25","gid":"Club","act":"pass","msgid":"$id-9"}
A< {"id":"25","msgid":"$id-25","op":"ack","posted":"$date-25"}
C< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-25",
	"op":"delivery","posted":"$date-9"} | Hi
