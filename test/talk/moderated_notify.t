# PostNotify to a moderated group: without a note it waits like a post; a note
# cannot wait, in whichever list the group stands.

ops 2020
member A alice
member B bob
member C carol
member D dave
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
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
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
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
B> {"op":PostNotify,"id":"5","for":[{"id":"Club","type":3}],"notefor":[{"id":"$uid-D","type":1}],
	"notelen":0,"datalen":1} | b
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"5","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"6","for":[{"id":"Club","type":3}],"notefor":[],
	"notelen":1,"datalen":2} | nb
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"6","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"7","for":[{"id":"Club","type":3}],
	"notelen":1,"datalen":2} | nb
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"7","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"8","for":[{"id":"Club","type":3}],"notefor":[{"id":"Club","type":3}],
	"notelen":0,"datalen":1} | b
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"8","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"9","for":[{"id":"$uid-D","type":1}],"notefor":[{"id":"Club","type":3}],
	"notelen":0,"datalen":1} | b
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"9","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"10","for":[{"id":"$uid-D","type":1}],"notefor":[{"id":"Club","type":3}],
	"notelen":1,"datalen":2} | nb
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"10","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"11","for":[],"notefor":[{"id":"Club","type":3}],
	"notelen":1,"datalen":2} | nb
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"11","msgid":"","op":"ack",
	"posted":""}
B> {"op":PostNotify,"id":"12","for":[{"id":"$uid-D","type":1}],"notefor":[{"id":"$uid-C","type":1},{"id":"club","type":2}],
	"notelen":1,"datalen":2} | nb
B< {"error":"a post to a moderated group can have no other recipient and no note: Club","id":"12","msgid":"","op":"ack",
	"posted":""}
A! silent
C! silent
D! silent

# No trace of them: each of these would have waited.
B> {"op":PostNotify,"id":"13","for":[{"id":"Club","type":3}],
	"notelen":0,"datalen":4} | body
B< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"moderate":"Club","op":"delivery","posted":"$date-13"} | body
A! acks
A> {"op":GroupEdit,"id":"14","gid":"Club","act":"pass","msgid":"$id-13"}
A< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-14",
	"op":"delivery","posted":"$date-13"} | body
C! acks
B> {"op":PostNotify,"id":"15","for":[{"id":"Club","type":2}],"notefor":[],"fornotself":true,
	"notelen":0,"datalen":4} | body
B< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"moderate":"Club","op":"delivery","posted":"$date-15"} | body
B< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"moderate":"Club","op":"delivery","posted":"$date-15"} | body
A! acks
B! acks
A> {"op":GroupEdit,"id":"16","gid":"Club","act":"reject","msgid":"$id-15"}
A< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
B< {"act":"reject","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-16","msgid":"$id-15","op":"member","posted":"$date-16"}
B! acks

# A moderator may send notes.
A> {"op":PostNotify,"id":"17","for":[{"id":"$uid-D","type":1}],"notefor":[{"id":"Club","type":3}],
	"notelen":4,"datalen":8} | notebody
A< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
D< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-17","notify":3,
	"op":"delivery","posted":"$date-17"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-17n","op":"notify",
	"posted":"$date-17","postid":"$id-17"} | note
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-17n","op":"notify",
	"posted":"$date-17","postid":"$id-17"} | note
D< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-17n","op":"notify",
	"posted":"$date-17","postid":"$id-17"} | note
