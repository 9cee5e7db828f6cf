# Corks and moderation.  A passed post is from its poster and to its group, whoever
# has passed it: a cork that lists one of the two holds it.  So does a moderator's
# own cork, for what waits and for what it passes.

member A alice
member B bob
member C carol
member D dave
member E erin
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
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
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"dave","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-5","op":"invite","posted":"$date-5","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member",
	"posted":"$date-5"}
B< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member",
	"posted":"$date-5"}
C< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member",
	"posted":"$date-5"}
D> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
D< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
B< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
C< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
D< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
A> {"op":GroupInvite,"id":"7","gid":"Club","from":"alice","to":"erin","datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
E< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date-7","to":"erin"}
A< {"act":"invite","alias":"erin","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7m","op":"member",
	"posted":"$date-7"}
B< {"act":"invite","alias":"erin","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7m","op":"member",
	"posted":"$date-7"}
C< {"act":"invite","alias":"erin","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7m","op":"member",
	"posted":"$date-7"}
D< {"act":"invite","alias":"erin","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7m","op":"member",
	"posted":"$date-7"}
E> {"op":GroupEdit,"id":"8","gid":"Club","act":"join"}
E< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"act":"join","alias":"erin","datalen":0,"from":"$uid-E","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
B< {"act":"join","alias":"erin","datalen":0,"from":"$uid-E","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
C< {"act":"join","alias":"erin","datalen":0,"from":"$uid-E","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
D< {"act":"join","alias":"erin","datalen":0,"from":"$uid-E","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
E< {"act":"join","alias":"erin","datalen":0,"from":"$uid-E","gid":"Club",
	"headsum":$sum,"id":"$id-8","op":"member",
	"posted":"$date-8"}
A! acks
B! acks
C! acks
D! acks
E! acks

# C keeps what B sends, D what is sent to the group, E what A sends.
C> {"op":UserEdit,"id":"9","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"$uid-B","type":1}]}
C< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"$uid-B","type":1}],"from":"$uid-C","headsum":$sum,
	"id":"$id-9","op":"user","posted":"$date-9"}
C! acks
D> {"op":UserEdit,"id":"10","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"Club","type":2}]}
D< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
D< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"Club","type":2}],"from":"$uid-D","headsum":$sum,
	"id":"$id-10","op":"user","posted":"$date-10"}
D! acks
E> {"op":UserEdit,"id":"11","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"$uid-A","type":1}]}
E< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
E< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"$uid-A","type":1}],"from":"$uid-E","headsum":$sum,
	"id":"$id-11","op":"user","posted":"$date-11"}
E! acks
B> {"op":Post,"id":"12","for":[{"id":"Club","type":3}],"datalen":2} | b1
B< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-12",
	"moderate":"Club","op":"delivery","posted":"$date-12"} | b1
A! acks
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"pass","msgid":"$id-12"}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
E< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"op":"delivery","posted":"$date-12"} | b1
E! acks
C! silent
D! silent

# The same through a crash and a restart.
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B! acks
C! acks
D! acks
B> {"op":Post,"id":"14","for":[{"id":"Club","type":3}],"datalen":2} | b2
B< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-14",
	"moderate":"Club","op":"delivery","posted":"$date-14"} | b2
A! acks
C! silent
D! silent
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
E> {"op":TmtpRev,"id":"1"}
E> {"op":Login,"uid":"$uid-E","node":"$node-E"}
E< {"id":"1","name":"test","op":"tmtprev"}
E< {"info":"login ok","op":"info"}
E< {"datalen":0,"from":"$uid-E","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B! acks
C! acks
D! acks
E! acks
A> {"op":GroupEdit,"id":"15","gid":"Club","act":"pass","msgid":"$id-14"}
A< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
E< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"op":"delivery","posted":"$date-14"} | b2
E! acks
C! silent
D! silent

# When the cork ends all of it comes, in its order.
C> {"op":UserEdit,"id":"16","cork":""}
C< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
C< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"op":"delivery","posted":"$date-12"} | b1
C< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"op":"delivery","posted":"$date-14"} | b2
C< {"cork":"","datalen":0,"from":"$uid-C","headsum":$sum,
	"id":"$id-16","op":"user","posted":"$date-16"}
C! acks
D> {"op":UserEdit,"id":"17","cork":""}
D< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
D< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"op":"delivery","posted":"$date-12"} | b1
D< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-15",
	"op":"delivery","posted":"$date-14"} | b2
D< {"cork":"","datalen":0,"from":"$uid-D","headsum":$sum,
	"id":"$id-17","op":"user","posted":"$date-17"}
D! acks
E> {"op":UserEdit,"id":"18","cork":""}
E< {"id":"18","msgid":"$id-18","op":"ack","posted":"$date-18"}
E< {"cork":"","datalen":0,"from":"$uid-E","headsum":$sum,
	"id":"$id-18","op":"user","posted":"$date-18"}
E! acks

# A moderator with a cork gets nothing to moderate; but it may settle what it
# learns of in another way.
A> {"op":GroupEdit,"id":"19","gid":"Club","act":"moderator","to":"bob","on":true}
A< {"id":"19","msgid":"$id-19","op":"ack","posted":"$date-19"}
A< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","on":true,"op":"member",
	"posted":"$date-19"}
B< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","on":true,"op":"member",
	"posted":"$date-19"}
C< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","on":true,"op":"member",
	"posted":"$date-19"}
D< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","on":true,"op":"member",
	"posted":"$date-19"}
E< {"act":"moderator","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-19","on":true,"op":"member",
	"posted":"$date-19"}
A! acks
B! acks
C! acks
D! acks
E! acks
A> {"op":UserEdit,"id":"20","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"Club","type":2}]}
A< {"id":"20","msgid":"$id-20","op":"ack","posted":"$date-20"}
A< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"Club","type":2}],"from":"$uid-A","headsum":$sum,
	"id":"$id-20","op":"user","posted":"$date-20"}
A! acks
C> {"op":Post,"id":"21","for":[{"id":"Club","type":3}],"datalen":2} | c1
C< {"id":"21","msgid":"$id-21","op":"ack","posted":"$date-21"}
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-21",
	"moderate":"Club","op":"delivery","posted":"$date-21"} | c1
B! acks
A! silent
A> {"op":GroupEdit,"id":"22","gid":"Club","act":"pass","msgid":"$id-21"}
A< {"id":"22","msgid":"$id-22","op":"ack","posted":"$date-22"}
D< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-22",
	"op":"delivery","posted":"$date-21"} | c1
E< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-22",
	"op":"delivery","posted":"$date-21"} | c1
D! acks
E! acks
A! silent
A> {"op":UserEdit,"id":"23","cork":""}
A< {"id":"23","msgid":"$id-23","op":"ack","posted":"$date-23"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-21",
	"moderate":"Club","op":"delivery","posted":"$date-21"} | c1
A< {"cork":"","datalen":0,"from":"$uid-A","headsum":$sum,
	"id":"$id-23","op":"user","posted":"$date-23"}
A! acks

# One who became a moderator later and has corked the poster: its own copy is kept,
# too.
C> {"op":Post,"id":"24","for":[{"id":"Club","type":3}],"datalen":2} | c2
C< {"id":"24","msgid":"$id-24","op":"ack","posted":"$date-24"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-24",
	"moderate":"Club","op":"delivery","posted":"$date-24"} | c2
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-24",
	"moderate":"Club","op":"delivery","posted":"$date-24"} | c2
A! acks
B! acks
A> {"op":GroupEdit,"id":"25","gid":"Club","act":"moderator","to":"dave","on":true}
A< {"id":"25","msgid":"$id-25","op":"ack","posted":"$date-25"}
A< {"act":"moderator","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-25","on":true,"op":"member",
	"posted":"$date-25"}
B< {"act":"moderator","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-25","on":true,"op":"member",
	"posted":"$date-25"}
C< {"act":"moderator","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-25","on":true,"op":"member",
	"posted":"$date-25"}
D< {"act":"moderator","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-25","on":true,"op":"member",
	"posted":"$date-25"}
E< {"act":"moderator","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-25","on":true,"op":"member",
	"posted":"$date-25"}
A! acks
B! acks
C! acks
D! acks
E! acks
D> {"op":UserEdit,"id":"26","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"$uid-C","type":1}]}
D< {"id":"26","msgid":"$id-26","op":"ack","posted":"$date-26"}
D< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"$uid-C","type":1}],"from":"$uid-D","headsum":$sum,
	"id":"$id-26","op":"user","posted":"$date-26"}
D! acks
D> {"op":GroupEdit,"id":"27","gid":"Club","act":"pass","msgid":"$id-24"}
D< {"id":"27","msgid":"$id-27","op":"ack","posted":"$date-27"}
E< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-27",
	"op":"delivery","posted":"$date-24"} | c2
E! acks
D! silent
D> {"op":UserEdit,"id":"28","cork":""}
D< {"id":"28","msgid":"$id-28","op":"ack","posted":"$date-28"}
D< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-27",
	"op":"delivery","posted":"$date-24"} | c2
D< {"cork":"","datalen":0,"from":"$uid-D","headsum":$sum,
	"id":"$id-28","op":"user","posted":"$date-28"}
D! acks

# News of a rejection is news of the group.
C> {"op":UserEdit,"id":"29","cork":"2026-03-01T00:00:00.000Z","for":[{"id":"Club","type":2}]}
C< {"id":"29","msgid":"$id-29","op":"ack","posted":"$date-29"}
C< {"cork":"2026-03-01T00:00:00.000Z","datalen":0,"for":[{"id":"Club","type":2}],"from":"$uid-C","headsum":$sum,
	"id":"$id-29","op":"user","posted":"$date-29"}
C! acks
C> {"op":Post,"id":"30","for":[{"id":"Club","type":3}],"datalen":2} | c3
C< {"id":"30","msgid":"$id-30","op":"ack","posted":"$date-30"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-30",
	"moderate":"Club","op":"delivery","posted":"$date-30"} | c3
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-30",
	"moderate":"Club","op":"delivery","posted":"$date-30"} | c3
D< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-30",
	"moderate":"Club","op":"delivery","posted":"$date-30"} | c3
A! acks
B! acks
D! acks
B> {"op":GroupEdit,"id":"31","gid":"Club","act":"reject","msgid":"$id-30"}
B< {"id":"31","msgid":"$id-31","op":"ack","posted":"$date-31"}
C! silent
C> {"op":UserEdit,"id":"32","cork":""}
C< {"id":"32","msgid":"$id-32","op":"ack","posted":"$date-32"}
C< {"act":"reject","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-31","msgid":"$id-30","op":"member","posted":"$date-31"}
C< {"cork":"","datalen":0,"from":"$uid-C","headsum":$sum,
	"id":"$id-32","op":"user","posted":"$date-32"}
C! acks
