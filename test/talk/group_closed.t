# In a closed group, moderators alone learn who the members are.

member A alice
member B bob
member C carol
member D dave
A> {"op":GroupInvite,"id":"1","gid":"Club","to":"bob","from":"alice","kind":"closed","datalen":0}
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
A> {"op":GroupInvite,"id":"3","gid":"Club","to":"carol","from":"alice","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3-2","op":"member",
	"posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"join"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}

# Members see each other only as far as they post.
C> {"op":Post,"id":"5","for":[{"id":"Club","type":3}],"datalen":2} | Hi
C< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-5",
	"op":"delivery","posted":"$date-5"} | Hi
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-5",
	"op":"delivery","posted":"$date-5"} | Hi
A! acks
B! acks
C! acks
B> {"op":GroupEdit,"id":"6","gid":"Club","act":"alias","newalias":"Bobby"}
B< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
B< {"act":"alias","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-6","newalias":"Bobby","op":"member",
	"posted":"$date-6"}
A< {"act":"alias","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-6","newalias":"Bobby","op":"member",
	"posted":"$date-6"}

# Moderators alone invite and drop others, and who may not do it learns
# nothing of the members.
B> {"op":GroupInvite,"id":"7","gid":"Club","from":"Bobby","to":"dave","datalen":0}
B< {"error":"you are not a moderator of group Club","id":"7","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"8","gid":"Club","act":"drop","to":"carol"}
B< {"error":"you are not a moderator of group Club","id":"8","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"9","gid":"Club","act":"drop","to":"nobody"}
B< {"error":"you are not a moderator of group Club","id":"9","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"10","gid":"Club","act":"drop","to":"alice"}
B< {"error":"you are not a moderator of group Club","id":"10","msgid":"","op":"ack",
	"posted":""}
C! silent
D! silent

# Who is invited may decline: the moderators hear of it.
A> {"op":GroupInvite,"id":"11","gid":"Club","to":"dave","from":"alice","datalen":0}
A< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-11","op":"invite","posted":"$date-11","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11-2","op":"member",
	"posted":"$date-11"}
D> {"op":GroupEdit,"id":"12","gid":"Club","act":"drop","to":"dave"}
D< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
D< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-12","op":"member",
	"posted":"$date-12"}
A< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-12","op":"member",
	"posted":"$date-12"}
A! acks
B! acks
C! acks
D! acks

# A second moderator; then both learn of all.
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"moderator","to":"bobby","on":true}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
A< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","on":true,"op":"member",
	"posted":"$date-13"}
B< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","on":true,"op":"member",
	"posted":"$date-13"}
A! acks
B! acks
C! acks
D! acks
B> {"op":GroupInvite,"id":"14","gid":"Club","to":"dave","from":"Bobby","datalen":0}
B< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
D< {"alias":"Bobby","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-14","op":"invite","posted":"$date-14","to":"dave"}
B< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-14-2","op":"member",
	"posted":"$date-14"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-14-2","op":"member",
	"posted":"$date-14"}
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-14-2","op":"member",
	"posted":"$date-14"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login",
	"posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-14-2","op":"member",
	"posted":"$date-14"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login",
	"posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login",
	"posted":"$date"}
C! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"alias":"Bobby","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-14","op":"invite","posted":"$date-14","to":"dave"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login",
	"posted":"$date"}
D! acks

# The inviter learns what becomes of an invitation, even as no moderator.
A> {"op":GroupEdit,"id":"15","gid":"Club","act":"moderator","to":"Bobby"}
A< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
A< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-15","on":false,"op":"member",
	"posted":"$date-15"}
B< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-15","on":false,"op":"member",
	"posted":"$date-15"}
D> {"op":GroupEdit,"id":"16","gid":"Club","act":"join"}
D< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
D< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-16","op":"member",
	"posted":"$date-16"}
A< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-16","op":"member",
	"posted":"$date-16"}
B< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-16","op":"member",
	"posted":"$date-16"}
A> {"op":GroupEdit,"id":"17","gid":"Club","act":"drop","to":"dave"}
A< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
A< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","op":"member",
	"posted":"$date-17"}
D< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","op":"member",
	"posted":"$date-17"}

# Each member may leave.  The oldest follows the last moderator.
C> {"op":GroupEdit,"id":"18","gid":"Club","act":"drop","to":"carol"}
C< {"id":"18","msgid":"$id-18","op":"ack","posted":"$date-18"}
C< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-18","op":"member",
	"posted":"$date-18"}
A< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-18","op":"member",
	"posted":"$date-18"}
A> {"op":GroupEdit,"id":"19","gid":"Club","act":"drop","to":"alice"}
A< {"id":"19","msgid":"$id-19","op":"ack","posted":"$date-19"}
A< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","op":"member",
	"posted":"$date-19"}
B< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19-3","on":true,"op":"member",
	"posted":"$date-19"}

# Who joins a group without members leads it.
B> {"op":GroupInvite,"id":"20","gid":"Club","to":"carol","from":"Bobby","datalen":0}
B< {"id":"20","msgid":"$id-20","op":"ack","posted":"$date-20"}
C< {"alias":"Bobby","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-20","op":"invite","posted":"$date-20","to":"carol"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-20-2","op":"member",
	"posted":"$date-20"}
B> {"op":GroupEdit,"id":"21","gid":"Club","act":"drop","to":"bobby"}
B< {"id":"21","msgid":"$id-21","op":"ack","posted":"$date-21"}
B< {"act":"drop","alias":"Bobby","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-21","op":"member",
	"posted":"$date-21"}
A! acks
B! acks
C! acks
D! acks
C> {"op":GroupEdit,"id":"22","gid":"Club","act":"join"}
C< {"id":"22","msgid":"$id-22","op":"ack","posted":"$date-22"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-22","op":"member",
	"posted":"$date-22"}
C< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-22-3","on":true,"op":"member",
	"posted":"$date-22"}
