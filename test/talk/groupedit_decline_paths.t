# All ways in which an invitation ends without a join: who declines, and who hears
# of it.

member A alice
member B bob
member C carol
member D dave

# The inviter has left: only those who are members hear of it.
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
C> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
C< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
C< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
A> {"op":GroupEdit,"id":"4","gid":"Club","act":"drop","to":"alice"}
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"drop","alias":"alice","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
B> {"op":GroupEdit,"id":"5","gid":"Club","act":"drop","to":"bob"}
B< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-5","op":"member",
	"posted":"$date-5"}
C< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-5","op":"member",
	"posted":"$date-5"}
B> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
B< {"error":"no invitation for you to join group Club","id":"6","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
C! acks

# A member takes an invitation back: then there is nothing to decline.
C> {"op":GroupInvite,"id":"7","gid":"Club","from":"carol","to":"bob","datalen":0}
C< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"alias":"carol","datalen":0,"from":"$uid-C","gid":"Club","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date-7","to":"bob"}
C< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-7m","op":"member",
	"posted":"$date-7"}
C> {"op":GroupEdit,"id":"8","gid":"Club","act":"drop","to":"bob"}
C< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
C< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
B> {"op":GroupEdit,"id":"9","gid":"Club","act":"drop","to":"bob"}
B< {"error":"you are not a member of group Club","id":"9","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"10","gid":"Club","act":"join"}
B< {"error":"no invitation for you to join group Club","id":"10","msgid":"","op":"ack",
	"posted":""}

# Somebody else may not decline for him, nor he for somebody else.
C> {"op":GroupInvite,"id":"11","gid":"Club","from":"carol","to":"bob","datalen":0}
C< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
B< {"alias":"carol","datalen":0,"from":"$uid-C","gid":"Club","headsum":$sum,
	"id":"$id-11","op":"invite","posted":"$date-11","to":"bob"}
C< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-11m","op":"member",
	"posted":"$date-11"}
C> {"op":GroupInvite,"id":"12","gid":"Club","from":"carol","to":"dave","datalen":0}
C< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
D< {"alias":"carol","datalen":0,"from":"$uid-C","gid":"Club","headsum":$sum,
	"id":"$id-12","op":"invite","posted":"$date-12","to":"dave"}
C< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-12m","op":"member",
	"posted":"$date-12"}
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"drop","to":"bob"}
A< {"error":"you are not a member of group Club","id":"13","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"14","gid":"Club","act":"drop","to":"dave"}
B< {"error":"you are not a member of group Club","id":"14","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupEdit,"id":"15","gid":"Club","act":"drop","to":"carol"}
B< {"error":"you are not a member of group Club","id":"15","msgid":"","op":"ack",
	"posted":""}

# The alias that was invited has been dropped meanwhile: it is still his name there.
B> {"op":UserEdit,"id":"16","dropalias":"bob"}
B< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
B< {"datalen":0,"dropalias":"bob","from":"$uid-B","headsum":$sum,
	"id":"$id-16","op":"user","posted":"$date-16"}
B> {"op":GroupEdit,"id":"17","gid":"Club","act":"drop","to":"bOb"}
B< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
B< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-17","op":"member",
	"posted":"$date-17"}
C< {"act":"drop","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-17","op":"member",
	"posted":"$date-17"}
B! acks
C! acks
D! acks

# All members have left: the last one invited hears of itself alone.
C> {"op":GroupEdit,"id":"18","gid":"Club","act":"drop","to":"carol"}
C< {"id":"18","msgid":"$id-18","op":"ack","posted":"$date-18"}
C< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-18","op":"member",
	"posted":"$date-18"}
D> {"op":GroupEdit,"id":"19","gid":"Club","act":"drop","to":"DAVE"}
D< {"id":"19","msgid":"$id-19","op":"ack","posted":"$date-19"}
D< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-19","op":"member",
	"posted":"$date-19"}
D> {"op":GroupEdit,"id":"20","gid":"Club","act":"join"}
D< {"error":"no invitation for you to join group Club","id":"20","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"21","gid":"Club","from":"alice","to":"dave","datalen":0}
A< {"error":"you are not a member of group Club","id":"21","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
C! acks
D! acks

# Two members invite him one after the other: the last one counts, and he declines
# once.  The moderator of a closed group hears of it, and the inviter.
A> {"op":GroupInvite,"id":"22","gid":"Two","from":"alice","to":"carol","kind":"moderated closed","datalen":0}
A< {"id":"22","msgid":"$id-22","op":"ack","posted":"$date-22"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Two","headsum":$sum,
	"id":"$id-22","op":"invite","posted":"$date-22","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Two",
	"headsum":$sum,"id":"$id-22m","op":"member",
	"posted":"$date-22"}
C> {"op":GroupEdit,"id":"23","gid":"Two","act":"join"}
C< {"id":"23","msgid":"$id-23","op":"ack","posted":"$date-23"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Two",
	"headsum":$sum,"id":"$id-23","op":"member",
	"posted":"$date-23"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Two",
	"headsum":$sum,"id":"$id-23","op":"member",
	"posted":"$date-23"}
A> {"op":GroupInvite,"id":"24","gid":"Two","from":"alice","to":"dave","datalen":0}
A< {"id":"24","msgid":"$id-24","op":"ack","posted":"$date-24"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Two","headsum":$sum,
	"id":"$id-24","op":"invite","posted":"$date-24","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Two",
	"headsum":$sum,"id":"$id-24m","op":"member",
	"posted":"$date-24"}
A> {"op":GroupInvite,"id":"25","gid":"Two","from":"alice","to":"dave","datalen":0}
A< {"id":"25","msgid":"$id-25","op":"ack","posted":"$date-25"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Two","headsum":$sum,
	"id":"$id-25","op":"invite","posted":"$date-25","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Two",
	"headsum":$sum,"id":"$id-25m","op":"member",
	"posted":"$date-25"}
D> {"op":GroupEdit,"id":"26","gid":"Two","act":"drop","to":"dave"}
D< {"id":"26","msgid":"$id-26","op":"ack","posted":"$date-26"}
A< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Two",
	"headsum":$sum,"id":"$id-26","op":"member",
	"posted":"$date-26"}
D< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Two",
	"headsum":$sum,"id":"$id-26","op":"member",
	"posted":"$date-26"}
D> {"op":GroupEdit,"id":"27","gid":"Two","act":"drop","to":"dave"}
D< {"error":"you are not a member of group Two","id":"27","msgid":"","op":"ack",
	"posted":""}
D> {"op":GroupEdit,"id":"28","gid":"Two","act":"join"}
D< {"error":"no invitation for you to join group Two","id":"28","msgid":"","op":"ack",
	"posted":""}
C! silent

# Whoever declines gets no posts, and has none waiting.
D> {"op":Post,"id":"29","for":[{"id":"Two","type":3}],"datalen":0}
D< {"error":"you are not a member of group Two","id":"29","msgid":"","op":"ack",
	"posted":""}
A> {"op":Post,"id":"30","for":[{"id":"Two","type":3}],"datalen":2} | hi
A< {"id":"30","msgid":"$id-30","op":"ack","posted":"$date-30"}
C< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-30",
	"op":"delivery","posted":"$date-30"} | hi
D! silent

# An invited one who does not decline is no member either.
A> {"op":GroupInvite,"id":"31","gid":"Two","from":"alice","to":"dave","datalen":0}
A< {"id":"31","msgid":"$id-31","op":"ack","posted":"$date-31"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Two","headsum":$sum,
	"id":"$id-31","op":"invite","posted":"$date-31","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Two",
	"headsum":$sum,"id":"$id-31m","op":"member",
	"posted":"$date-31"}
D> {"op":GroupEdit,"id":"32","gid":"Two","act":"drop","to":"alice"}
D< {"error":"you are not a member of group Two","id":"32","msgid":"","op":"ack",
	"posted":""}
D> {"op":GroupEdit,"id":"33","gid":"Two","act":"alias","newalias":"Dee"}
D< {"error":"you are not a member of group Two","id":"33","msgid":"","op":"ack",
	"posted":""}
D> {"op":GroupEdit,"id":"34","gid":"Two","act":"moderator","to":"alice"}
D< {"error":"you are not a member of group Two","id":"34","msgid":"","op":"ack",
	"posted":""}
A! acks
C! acks
D! acks
restart
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
D! acks
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
D> {"op":GroupEdit,"id":"35","gid":"Two","act":"drop","to":"dave"}
D< {"id":"35","msgid":"$id-35","op":"ack","posted":"$date-35"}
A< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Two",
	"headsum":$sum,"id":"$id-35","op":"member",
	"posted":"$date-35"}
D< {"act":"drop","alias":"dave","datalen":0,"from":"$uid-D","gid":"Two",
	"headsum":$sum,"id":"$id-35","op":"member",
	"posted":"$date-35"}
D> {"op":GroupEdit,"id":"36","gid":"Two","act":"join"}
D< {"error":"no invitation for you to join group Two","id":"36","msgid":"","op":"ack",
	"posted":""}
