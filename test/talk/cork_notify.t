# A cork and PostNotify: delivery and notification are kept together, whichever list
# names the corked group; invitations and pings of a corked user are kept, too.

ops 2020
member A alice
member B bob
member C carol
B> {"op":GroupInvite,"id":"1","gid":"Club","from":"bob","to":"alice","datalen":0}
B< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"alias":"bob","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"alice"}
B< {"act":"invite","alias":"alice","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
A> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B> {"op":GroupInvite,"id":"3","gid":"Club","from":"bob","to":"carol","datalen":0}
B< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"bob","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-B","gid":"Club",
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
A> {"op":UserEdit,"id":"5","cork":"2026-01-01T00:01:00.000Z","for":[{"id":"Club","type":2}]}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"cork":"2026-01-01T00:01:00.000Z","datalen":0,"for":[{"id":"Club","type":2}],"from":"$uid-A","headsum":$sum,
	"id":"$id-5","op":"user","posted":"$date-5"}
A! acks
B> {"op":PostNotify,"id":"6","for":[{"id":"Club","type":3}],"notefor":[],"notelen":4,"datalen":8} | notebody
B< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-6","notify":2,
	"op":"delivery","posted":"$date-6"} | body
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-6n","op":"notify",
	"posted":"$date-6","postid":"$id-6"} | note
B> {"op":PostNotify,"id":"7","for":[{"id":"$uid-C","type":1}],"notefor":[{"id":"Club","type":3}],"notelen":4,"datalen":8} | notebody
B< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-7","notify":3,
	"op":"delivery","posted":"$date-7"} | body
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-7n","op":"notify",
	"posted":"$date-7","postid":"$id-7"} | note
B> {"op":PostNotify,"id":"8","for":[{"id":"$uid-A","type":1}],"notefor":[],"notelen":4,"datalen":8} | notebody
B< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-8","notify":2,
	"op":"delivery","posted":"$date-8"} | body
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-8n","op":"notify",
	"posted":"$date-8","postid":"$id-8"} | note
A! acks
C! acks
A! silent
A> {"op":UserEdit,"id":"9","cork":""}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-6","notify":2,
	"op":"delivery","posted":"$date-6"} | body
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-6n","op":"notify",
	"posted":"$date-6","postid":"$id-6"} | note
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-7n","op":"notify",
	"posted":"$date-7","postid":"$id-7"} | note
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,
	"id":"$id-9","op":"user","posted":"$date-9"}
A! acks

# Of the user: a restart and the date.
A> {"op":UserEdit,"id":"10","cork":"2026-01-01T00:01:00.000Z","for":[{"id":"$uid-B","type":1}]}
A< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
A< {"cork":"2026-01-01T00:01:00.000Z","datalen":0,"for":[{"id":"$uid-B","type":1}],"from":"$uid-A","headsum":$sum,
	"id":"$id-10","op":"user","posted":"$date-10"}
A! acks
B> {"op":PostNotify,"id":"11","for":[{"id":"$uid-A","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":8} | notebody
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-11n","op":"notify",
	"posted":"$date-11","postid":"$id-11"} | note
B> {"op":Ping,"id":"12","from":"bob","to":"alice","datalen":2} | hi
B< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
B> {"op":GroupInvite,"id":"13","gid":"Two","from":"bob","to":"alice","datalen":0}
B< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
B< {"act":"invite","alias":"alice","datalen":0,"from":"$uid-B","gid":"Two",
	"headsum":$sum,"id":"$id-13m","op":"member",
	"posted":"$date-13"}
B! acks
C! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
+60s
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-11","notify":3,
	"op":"delivery","posted":"$date-11"} | body
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-11n","op":"notify",
	"posted":"$date-11","postid":"$id-11"} | note
A< {"alias":"bob","datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-12",
	"op":"ping","posted":"$date-12","to":"alice"} | hi
A< {"alias":"bob","datalen":0,"from":"$uid-B","gid":"Two","headsum":$sum,
	"id":"$id-13","op":"invite","posted":"$date-13","to":"alice"}
