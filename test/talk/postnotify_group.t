# Groups may be in either list, and mean what they do in Post.

ops 2020
member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}

# The message for one, the notification for the group and for the sender.
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-C","type":1}],
	"notefor":[{"id":"Club","type":2}],"notelen":4,"datalen":8} | notebody
A< {"id":"3","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"notify",
	"posted":"$date-4","postid":"$id-4"} | note
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"notify",
	"posted":"$date-4","postid":"$id-4"} | note
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-4","notify":3,
	"op":"delivery","posted":"$date-4"} | body
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"notify",
	"posted":"$date-4","postid":"$id-4"} | note

# The message for the group, the sender included, and for nobody else.
A> {"op":PostNotify,"id":"4","for":[{"id":"Club","type":2}],"notefor":[],
	"fornotself":true,"notelen":4,"datalen":8} | notebody
A< {"id":"4","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-6","notify":1,
	"op":"delivery","posted":"$date-6"} | body
A< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"notify",
	"posted":"$date-6","postid":"$id-6"} | note
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-6","notify":1,
	"op":"delivery","posted":"$date-6"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"notify",
	"posted":"$date-6","postid":"$id-6"} | note
