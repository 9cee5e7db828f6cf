# Posts wait through restarts and crashes, large ones too.

member A alice
member B bob
member C carol
member D dave
A> {"op":GroupInvite,"id":"1","gid":"Club","to":"bob","from":"alice","kind":"moderated closed","datalen":0}
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
A> {"op":GroupInvite,"id":"3","gid":"Club","to":"carol","from":"alice","kind":"moderated closed","datalen":0}
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
A> {"op":GroupInvite,"id":"5","gid":"Club","to":"dave","from":"alice","kind":"moderated closed","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
D< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-5","op":"invite","posted":"$date-5","to":"dave"}
A< {"act":"invite","alias":"dave","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5-2","op":"member",
	"posted":"$date-5"}
D> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
D< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
D< {"act":"join","alias":"dave","datalen":0,"from":"$uid-D","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
A! acks
B! acks
C! acks
D! acks
B> {"op":Post,"id":"7","for":[{"id":"Club","type":3}],"datalen":70000} | @70000x
B< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"datalen":70000,"from":"$uid-B","headsum":$sum,"id":"$id-7",
	"moderate":"Club","op":"delivery","posted":"$date-7"} | @70000x
C> {"op":Post,"id":"8","for":[{"id":"club","type":3}],"datalen":2} | Hi
C< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | Hi
A! acks
B! acks
C! acks
D! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
C! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
D! acks
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"pass","msgid":"$id-7"}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C< {"datalen":70000,"from":"$uid-B","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-7"} | @70000x
D< {"datalen":70000,"from":"$uid-B","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-7"} | @70000x
A! acks
B! acks
C! acks
D! acks
restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
C! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
D! acks
A> {"op":GroupEdit,"id":"10","gid":"Club","act":"pass","msgid":"$id-7"}
A< {"error":"no post waits in the group with the msgid $id-7","id":"10","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupEdit,"id":"11","gid":"Club","act":"pass","msgid":"$id-8"}
A< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-8"} | Hi
D< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-11",
	"op":"delivery","posted":"$date-8"} | Hi
A! acks
B! acks
C! acks
D! acks
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
C! acks
D> {"op":TmtpRev,"id":"1"}
D> {"op":Login,"uid":"$uid-D","node":"$node-D"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"info":"login ok","op":"info"}
D< {"datalen":0,"from":"$uid-D","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
D! acks
A> {"op":GroupEdit,"id":"12","gid":"Club","act":"reject","msgid":"$id-8"}
A< {"error":"no post waits in the group with the msgid $id-8","id":"12","msgid":"","op":"ack",
	"posted":""}

# What nobody settles in time is rejected.
B> {"op":Post,"id":"13","for":[{"id":"club","type":3}],"datalen":2} | Hi
B< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
A< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-13",
	"moderate":"Club","op":"delivery","posted":"$date-13"} | Hi
A! acks
B! acks
C! acks
D! acks
A> {"op":Quit}
A< {"error":"logout ok","op":"quit"}
A! ended
B> {"op":Quit}
B< {"error":"logout ok","op":"quit"}
B! ended
C> {"op":Quit}
C< {"error":"logout ok","op":"quit"}
C! ended
D> {"op":Quit}
D< {"error":"logout ok","op":"quit"}
D! ended
set moderate_days 8
+600000s
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
A> {"op":Quit}
A< {"error":"logout ok","op":"quit"}
A! ended
+100000s
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"act":"reject","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-late","msgid":"$id-13","op":"member",
	"posted":"$date-late"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
B! acks
A> {"op":GroupEdit,"id":"14","gid":"Club","act":"pass","msgid":"$id-13"}
A< {"error":"no post waits in the group with the msgid $id-13","id":"14","msgid":"","op":"ack",
	"posted":""}
