# Moderation with several devices, and with members who come and go while a post
# waits.

member A alice
member B bob
member C carol
member D dave
device A2 of A
device B2 of B
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
B2< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A2< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
A2< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A2< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B2< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A2< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
A2< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
B2< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"join"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
A2< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
B< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
B2< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks

# All devices of the moderator may settle it, and none gets it twice; the poster's
# other device shows what was sent.
B> {"op":Post,"id":"5","for":[{"id":"Club","type":3}],"datalen":3} | one
B< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-5",
	"moderate":"Club","op":"delivery","posted":"$date-5"} | one
A2< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-5",
	"moderate":"Club","op":"delivery","posted":"$date-5"} | one
B2< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-5",
	"moderate":"Club","op":"delivery","posted":"$date-5"} | one
A2> {"op":GroupEdit,"id":"6","gid":"Club","act":"pass","msgid":"$id-5"}
A2< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
C< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-6",
	"op":"delivery","posted":"$date-5"} | one
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks
A! silent
A2! silent
B! silent
B2! silent
C! silent
A> {"op":GroupEdit,"id":"7","gid":"Club","act":"pass","msgid":"$id-5"}
A< {"error":"no post waits in the group with the msgid $id-5","id":"7","msgid":"","op":"ack",
	"posted":""}
B2> {"op":Post,"id":"8","for":[{"id":"Club","type":3}],"datalen":3} | two
B2< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | two
A2< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | two
B< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | two
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"reject","msgid":"$id-8"}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
B< {"act":"reject","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-9","msgid":"$id-8","op":"member","posted":"$date-9"}
B2< {"act":"reject","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-9","msgid":"$id-8","op":"member","posted":"$date-9"}
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks
A! silent
A2! silent
B! silent
B2! silent
C! silent

# C becomes a moderator after the post, D joins after it, and the poster is dropped:
# who has not got it gets it.
B> {"op":Post,"id":"10","for":[{"id":"Club","type":3}],"datalen":3} | six
B< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
A< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-10",
	"moderate":"Club","op":"delivery","posted":"$date-10"} | six
A2< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-10",
	"moderate":"Club","op":"delivery","posted":"$date-10"} | six
B2< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-10",
	"moderate":"Club","op":"delivery","posted":"$date-10"} | six
A> {"op":GroupEdit,"id":"11","gid":"Club","act":"moderator","to":"carol","on":true}
A< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
A< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11","on":true,"op":"member",
	"posted":"$date-11"}
A2< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11","on":true,"op":"member",
	"posted":"$date-11"}
B< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11","on":true,"op":"member",
	"posted":"$date-11"}
B2< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11","on":true,"op":"member",
	"posted":"$date-11"}
C< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-11","on":true,"op":"member",
	"posted":"$date-11"}
A> {"op":GroupInvite,"id":"12","gid":"Club","from":"alice","to":"dave","datalen":0}
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-12","op":"invite","posted":"$date-12","to":"dave"}
A2< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-12","op":"invite","posted":"$date-12","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
A2< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
B< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
B2< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
C< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
D> {"op":GroupEdit,"id":"13","gid":"Club","act":"join"}
D< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
A< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
A2< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
B< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
B2< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
C< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
D< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
C> {"op":GroupEdit,"id":"14","gid":"Club","act":"drop","to":"bob"}
C< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
A< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
A2< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
B2< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
C< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
D< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-14","op":"member",
	"posted":"$date-14"}
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks
C> {"op":GroupEdit,"id":"15","gid":"Club","act":"pass","msgid":"$id-10"}
C< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
C< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"op":"delivery","posted":"$date-10"} | six
D< {"datalen":3,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"op":"delivery","posted":"$date-10"} | six
A! silent
A2! silent
B! silent
B2! silent
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks

# A moderator who has got it, and is none any more when another passes it, does not
# get it again; who has left gets nothing.
D> {"op":Post,"id":"16","for":[{"id":"Club","type":3}],"datalen":3} | ten
D< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
A< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-16",
	"moderate":"Club","op":"delivery","posted":"$date-16"} | ten
A2< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-16",
	"moderate":"Club","op":"delivery","posted":"$date-16"} | ten
C< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-16",
	"moderate":"Club","op":"delivery","posted":"$date-16"} | ten
A> {"op":GroupEdit,"id":"17","gid":"Club","act":"moderator","to":"carol","on":false}
A< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
A< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","on":false,"op":"member",
	"posted":"$date-17"}
A2< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","on":false,"op":"member",
	"posted":"$date-17"}
C< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","on":false,"op":"member",
	"posted":"$date-17"}
D< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-17","on":false,"op":"member",
	"posted":"$date-17"}
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks
C> {"op":GroupEdit,"id":"18","gid":"Club","act":"pass","msgid":"$id-16"}
C< {"error":"you are not a moderator of group Club","id":"18","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"19","gid":"Club","act":"pass","msgid":"$id-16"}
A< {"id":"19","msgid":"$id-19","op":"ack","posted":"$date-19"}
A! silent
A2! silent
B! silent
B2! silent
C! silent
D! silent

# The last moderator leaves: the first who was invited and is still there follows,
# and may settle what it learns of.
D> {"op":Post,"id":"20","for":[{"id":"Club","type":3}],"datalen":3} | end
D< {"id":"20","msgid":"$id-20","op":"ack","posted":"$date-20"}
A< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-20",
	"moderate":"Club","op":"delivery","posted":"$date-20"} | end
A2< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-20",
	"moderate":"Club","op":"delivery","posted":"$date-20"} | end
A> {"op":GroupEdit,"id":"21","gid":"Club","act":"drop","to":"alice"}
A< {"id":"21","msgid":"$id-21","op":"ack","posted":"$date-21"}
A< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21","op":"member",
	"posted":"$date-21"}
A2< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21","op":"member",
	"posted":"$date-21"}
C< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21","op":"member",
	"posted":"$date-21"}
C< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21h","on":true,"op":"member",
	"posted":"$date-21"}
D< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21","op":"member",
	"posted":"$date-21"}
D< {"act":"moderator","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-21h","on":true,"op":"member",
	"posted":"$date-21"}
A! acks
A2! acks
B! acks
B2! acks
C! acks
D! acks
crash
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
D! acks
C> {"op":GroupEdit,"id":"22","gid":"Club","act":"pass","msgid":"$id-20"}
C< {"id":"22","msgid":"$id-22","op":"ack","posted":"$date-22"}
C< {"datalen":3,"from":"$uid-D","headsum":$sum,"id":"$id-22",
	"op":"delivery","posted":"$date-20"} | end
D! silent
