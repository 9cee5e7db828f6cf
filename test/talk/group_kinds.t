# Who makes a group says of what kind it is, and is its first moderator.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"closed moderated","datalen":0}
A< {"error":"kind must be moderated, closed or moderated closed, not closed moderated","id":"1","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"2","gid":"Club","from":"alice","to":"bob","kind":"Closed","datalen":0}
A< {"error":"kind must be moderated, closed or moderated closed, not Closed","id":"2","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"bob","kind":"","datalen":0}
A< {"error":"kind must be moderated, closed or moderated closed, not ","id":"3","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"4","gid":"Club","to":"bob","from":"alice","kind":"moderated closed","datalen":0}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-4","op":"invite","posted":"$date-4","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-4-2","op":"member",
	"posted":"$date-4"}
B> {"op":GroupInvite,"id":"5","gid":"Club","from":"bob","to":"carol","kind":"moderated","datalen":0}
B< {"error":"you are not a member of group Club","id":"5","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupInvite,"id":"6","gid":"Club","from":"bob","to":"carol","kind":"closed","datalen":0}
B< {"error":"you are not a member of group Club","id":"6","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupInvite,"id":"7","gid":"Club","from":"bob","to":"carol","kind":"moderated closed","datalen":0}
B< {"error":"you are not a member of group Club","id":"7","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"8","gid":"Club","act":"join"}
B< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
A> {"op":GroupInvite,"id":"9","gid":"Club","from":"alice","to":"carol","kind":"moderated","datalen":0}
A< {"error":"the group exists, and is not moderated","id":"9","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"10","gid":"Club","from":"alice","to":"carol","kind":"closed","datalen":0}
A< {"error":"the group exists, and is not closed","id":"10","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"11","gid":"Club","from":"alice","to":"carol","kind":"open","datalen":0}
A< {"error":"kind must be moderated, closed or moderated closed, not open","id":"11","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"12","gid":"Club","to":"carol","from":"alice","kind":"moderated closed","datalen":0}
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-12","op":"invite","posted":"$date-12","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12-2","op":"member",
	"posted":"$date-12"}

# Moderators make others moderators, or none.
B> {"op":GroupEdit,"id":"13","gid":"Club","act":"moderator","to":"bob","on":true}
B< {"error":"you are not a moderator of group Club","id":"13","msgid":"","op":"ack",
	"posted":""}
C> {"op":GroupEdit,"id":"14","gid":"Club","act":"moderator","to":"carol","on":true}
C< {"error":"you are not a member of group Club","id":"14","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"15","gid":"Club","act":"moderator","on":true}
A< {"error":"act moderator needs a to","id":"15","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"16","gid":"Club","act":"moderator","to":"dave","on":true}
A< {"error":"the group has no member dave","id":"16","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"17","gid":"Club","act":"moderator","to":"carol","on":true}
A< {"error":"the group has no member carol","id":"17","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"18","gid":"Club","act":"moderator","to":"alice","on":false}
A< {"error":"this is the only moderator: alice","id":"18","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"19","gid":"Club","act":"moderator","to":"alice"}
A< {"error":"this is the only moderator: alice","id":"19","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
C! acks

# In an open group there are none.
A> {"op":GroupInvite,"id":"20","gid":"Open","to":"bob","from":"alice","datalen":0}
A< {"id":"20","msgid":"$id-20","op":"ack","posted":"$date-20"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Open","headsum":$sum,
	"id":"$id-20","op":"invite","posted":"$date-20","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Open",
	"headsum":$sum,"id":"$id-20-2","op":"member",
	"posted":"$date-20"}
A> {"op":GroupEdit,"id":"21","gid":"Open","act":"moderator","to":"alice","on":true}
A< {"error":"you are not a moderator of group Open","id":"21","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"22","gid":"Open","from":"alice","to":"carol","kind":"closed","datalen":0}
A< {"error":"the group exists, and is not closed","id":"22","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
C! acks

# In a moderated group members may drop each other, but no moderator.
A> {"op":GroupInvite,"id":"23","gid":"News","to":"bob","from":"alice","kind":"moderated","datalen":0}
A< {"id":"23","msgid":"$id-23","op":"ack","posted":"$date-23"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"News","headsum":$sum,
	"id":"$id-23","op":"invite","posted":"$date-23","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-23-2","op":"member",
	"posted":"$date-23"}
B> {"op":GroupEdit,"id":"24","gid":"News","act":"join"}
B< {"id":"24","msgid":"$id-24","op":"ack","posted":"$date-24"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-24","op":"member",
	"posted":"$date-24"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-24","op":"member",
	"posted":"$date-24"}
A> {"op":GroupInvite,"id":"25","gid":"News","to":"carol","from":"alice","datalen":0}
A< {"id":"25","msgid":"$id-25","op":"ack","posted":"$date-25"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"News","headsum":$sum,
	"id":"$id-25","op":"invite","posted":"$date-25","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-25-2","op":"member",
	"posted":"$date-25"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-25-2","op":"member",
	"posted":"$date-25"}
C> {"op":GroupEdit,"id":"26","gid":"News","act":"join"}
C< {"id":"26","msgid":"$id-26","op":"ack","posted":"$date-26"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"News",
	"headsum":$sum,"id":"$id-26","op":"member",
	"posted":"$date-26"}
B< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"News",
	"headsum":$sum,"id":"$id-26","op":"member",
	"posted":"$date-26"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"News",
	"headsum":$sum,"id":"$id-26","op":"member",
	"posted":"$date-26"}
A! acks
B! acks
C! acks
B> {"op":GroupEdit,"id":"27","gid":"News","act":"drop","to":"alice"}
B< {"error":"only a moderator can drop moderator alice","id":"27","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"28","gid":"News","act":"moderator","to":"bob","on":true}
A< {"id":"28","msgid":"$id-28","op":"ack","posted":"$date-28"}
A< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-28","on":true,"op":"member",
	"posted":"$date-28"}
B< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-28","on":true,"op":"member",
	"posted":"$date-28"}
C< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"News",
	"headsum":$sum,"id":"$id-28","on":true,"op":"member",
	"posted":"$date-28"}
B> {"op":GroupEdit,"id":"29","gid":"News","act":"drop","to":"alice"}
B< {"id":"29","msgid":"$id-29","op":"ack","posted":"$date-29"}
B< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-29","op":"member",
	"posted":"$date-29"}
A< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-29","op":"member",
	"posted":"$date-29"}
C< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-29","op":"member",
	"posted":"$date-29"}
B> {"op":GroupEdit,"id":"30","gid":"News","act":"drop","to":"carol"}
B< {"id":"30","msgid":"$id-30","op":"ack","posted":"$date-30"}
B< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-30","op":"member",
	"posted":"$date-30"}
C< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-B","gid":"News",
	"headsum":$sum,"id":"$id-30","op":"member",
	"posted":"$date-30"}
