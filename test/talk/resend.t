# A request that is sent again on a later connection is not done twice: its ack
# is the one that was lost.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B! acks
A> {"op":UserEdit,"id":"2","newalias":"Fair","uses":1}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","newalias":"Fair",
	"op":"user","posted":"$date-1","uses":1}
A! acks
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":3} | Hi!
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":3,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"op":"ping","posted":"$date-1","to":"bob"} | Hi!
B! acks
A> {"op":GroupInvite,"id":"4","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-4","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
A! acks
B! acks
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias","newalias":"Al"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-1"}
A< {"act":"alias","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5","newalias":"Al","op":"member",
	"posted":"$date-1"}
A! acks
A> {"op":UserEdit,"id":"6","dropalias":"alice"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-1"}
A< {"datalen":0,"dropalias":"alice","from":"$uid-A","headsum":$sum,
	"id":"$id-6","op":"user","posted":"$date-1"}
A! acks
A> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000l
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-1"}

# Not even if it would be refused now; nor after a restart or a crash.
+20s
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","newalias":"Fair","uses":1}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":3} | Hi!
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-1"}
A> {"op":GroupInvite,"id":"4","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-1"}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias","newalias":"Al"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"6","dropalias":"alice"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000l
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-1"}
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","newalias":"Fair","uses":1}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":3} | Hi!
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-1"}
A> {"op":GroupInvite,"id":"4","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-1"}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias","newalias":"Al"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"6","dropalias":"alice"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000l
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-1"}
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","newalias":"Fair","uses":1}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":3} | Hi!
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-1"}
A> {"op":GroupInvite,"id":"4","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-1"}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias","newalias":"Al"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"6","dropalias":"alice"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000l
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-1"}
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"2","newalias":"Fair","uses":1}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":3} | Hi!
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-1"}
A> {"op":GroupInvite,"id":"4","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-1"}
A> {"op":GroupEdit,"id":"5","gid":"Club","act":"alias","newalias":"Al"}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-1"}
A> {"op":UserEdit,"id":"6","dropalias":"alice"}
A< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000l
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-1"}
A! silent
B! silent
