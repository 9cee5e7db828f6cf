# Messages, groups and aliases outlive the relay.

member A alice
member B bob
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A! acks
B! acks
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
B! acks

restart
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-4","label":"x","node":"1",
	"op":"login","posted":"$date-4"}
B! acks
B> {"op":Post,"id":"3","for":[{"id":"Club","type":3}],"datalen":4} | back
B< {"id":"3","msgid":"$id-5","op":"ack","posted":"$date-5"}

crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-3","op":"member","posted":"$date-3"}
A< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-5"} | back
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","label":"x","node":"1",
	"op":"login","posted":"$date-6"}
A! acks
