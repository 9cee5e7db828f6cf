# GroupInvite invites the user with an alias to a group, and creates the group
# if there is none; then the sender has joined it, by the alias in from.  The
# invited gets invite, all members get member, the sender included.

member A alice
member B bob
member C carol

A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"BOB",
	"datalen":4} | join
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":4,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"} | join

B> {"op":GroupEdit,"id":"2","gid":"club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member","posted":"$date-2"}

# Every member may invite.
B> {"op":GroupInvite,"id":"3","gid":"Club","from":"bob","to":"carol",
	"datalen":0}
B< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member","posted":"$date-3"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member","posted":"$date-3"}
C< {"alias":"bob","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
