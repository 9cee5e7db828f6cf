# Pings and invitations to groups are counted together.

member A alice
member B bob
member C carol
set pings_per_day 2
A> {"op":Ping,"id":"1","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"ping","posted":"$date-1","to":"bob"}
A> {"op":GroupInvite,"id":"2","gid":"Club","to":"bob","from":"alice","datalen":0}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-2","op":"invite","posted":"$date-2","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-2-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","to":"carol","from":"alice","datalen":0}
A< {"error":"daily ping limit reached; try again after $date","id":"3","msgid":"","op":"ack",
	"posted":""}
A> {"op":Ping,"id":"4","from":"alice","to":"carol","datalen":0}
A< {"error":"daily ping limit reached; try again after $date","id":"4","msgid":"","op":"ack",
	"posted":""}
C! silent
