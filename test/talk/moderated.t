# A post to a moderated group waits for a moderator, unless one has posted it.

member A alice
member B bob
member C carol
member D dave
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
A> {"op":GroupInvite,"id":"5","gid":"Club","to":"dave","from":"alice","kind":"moderated","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-5","op":"invite","posted":"$date-5","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5-2","op":"member",
	"posted":"$date-5"}
B< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5-2","op":"member",
	"posted":"$date-5"}
C< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5-2","op":"member",
	"posted":"$date-5"}
D> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
D< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
B< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
C< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
D< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
A! acks
B! acks
C! acks
D! acks
B> {"op":Post,"id":"7","for":[{"id":"club","type":3}],"datalen":2} | Hi
B< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-7",
	"moderate":"Club","op":"delivery","posted":"$date-7"} | Hi
C! silent
D! silent
A> {"op":GroupEdit,"id":"8","gid":"Club","act":"pass","msgid":"$id-7"}
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
C< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-8",
	"op":"delivery","posted":"$date-7"} | Hi
D< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-8",
	"op":"delivery","posted":"$date-7"} | Hi
A! silent
B! silent

# It is settled once.
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"pass","msgid":"$id-7"}
A< {"error":"no post waits in the group with the msgid $id-7","id":"9","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"10","gid":"Club","act":"reject","msgid":"$id-7"}
A< {"error":"no post waits in the group with the msgid $id-7","id":"10","msgid":"","op":"ack",
	"posted":""}

# A moderator need not wait.
A> {"op":Post,"id":"11","for":[{"id":"club","type":3}],"datalen":2} | Yo
A< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-11"} | Yo
C< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-11"} | Yo
D< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-11"} | Yo

# Its poster may get it too, and learns when it is rejected.
C> {"op":Post,"id":"12","for":[{"id":"club","type":2}],"datahead":1,"datasum":7,"datalen":3} | Ads
C< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
C< {"datahead":1,"datalen":3,"datasum":7,"from":"$uid-C","headsum":$sum,"id":"$id-12",
	"moderate":"Club","op":"delivery","posted":"$date-12"} | Ads
A< {"datahead":1,"datalen":3,"datasum":7,"from":"$uid-C","headsum":$sum,"id":"$id-12",
	"moderate":"Club","op":"delivery","posted":"$date-12"} | Ads
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"reject","msgid":"$id-12"}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
C< {"act":"reject","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","msgid":"$id-12","op":"member",
	"posted":"$date-13"}
A! silent
B! silent
A> {"op":GroupEdit,"id":"14","gid":"Club","act":"pass","msgid":"$id-12"}
A< {"error":"no post waits in the group with the msgid $id-12","id":"14","msgid":"","op":"ack",
	"posted":""}

# Two moderators: whoever is first.  One who became it later may settle it,
# and gets the post then.
C> {"op":Post,"id":"15","for":[{"id":"club","type":3}],"datahead":1,"datasum":7,"datalen":3} | One
C< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
A< {"datahead":1,"datalen":3,"datasum":7,"from":"$uid-C","headsum":$sum,"id":"$id-15",
	"moderate":"Club","op":"delivery","posted":"$date-15"} | One
A> {"op":GroupEdit,"id":"16","gid":"Club","act":"moderator","to":"bob","on":true}
A< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
A< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-16","on":true,"op":"member",
	"posted":"$date-16"}
B< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-16","on":true,"op":"member",
	"posted":"$date-16"}
C< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-16","on":true,"op":"member",
	"posted":"$date-16"}
D< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-16","on":true,"op":"member",
	"posted":"$date-16"}
B> {"op":GroupEdit,"id":"17","gid":"Club","act":"pass","msgid":"$id-15"}
B< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
B< {"datahead":1,"datalen":3,"datasum":7,"from":"$uid-C","headsum":$sum,"id":"$id-17",
	"op":"delivery","posted":"$date-15"} | One
D< {"datahead":1,"datalen":3,"datasum":7,"from":"$uid-C","headsum":$sum,"id":"$id-17",
	"op":"delivery","posted":"$date-15"} | One
A> {"op":GroupEdit,"id":"18","gid":"Club","act":"pass","msgid":"$id-15"}
A< {"error":"no post waits in the group with the msgid $id-15","id":"18","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
C! acks
D! acks

# Who leaves does not take back its post.
C> {"op":Post,"id":"19","for":[{"id":"club","type":3}],"datalen":3} | Bye
C< {"id":"19","msgid":"$id-19","op":"ack","posted":"$date-19"}
A< {"datalen":3,"from":"$uid-C","headsum":$sum,"id":"$id-19",
	"moderate":"Club","op":"delivery","posted":"$date-19"} | Bye
B< {"datalen":3,"from":"$uid-C","headsum":$sum,"id":"$id-19",
	"moderate":"Club","op":"delivery","posted":"$date-19"} | Bye
C> {"op":GroupEdit,"id":"20","gid":"Club","act":"drop","to":"carol"}
C< {"id":"20","msgid":"$id-20","op":"ack","posted":"$date-20"}
C< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-20","op":"member",
	"posted":"$date-20"}
A< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-20","op":"member",
	"posted":"$date-20"}
B< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-20","op":"member",
	"posted":"$date-20"}
D< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-20","op":"member",
	"posted":"$date-20"}
B> {"op":GroupEdit,"id":"21","gid":"Club","act":"pass","msgid":"$id-19"}
B< {"id":"21","msgid":"$id-21","op":"ack","posted":"$date-21"}
D< {"datalen":3,"from":"$uid-C","headsum":$sum,"id":"$id-21",
	"op":"delivery","posted":"$date-19"} | Bye
A! acks
B! acks
C! acks
D! acks
