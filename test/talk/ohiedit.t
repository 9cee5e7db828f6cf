# OhiEdit names the contacts who may see that a user is online.  They are told
# at once, whoever of them is online.  In 2018, a client's first list after a
# login is not a message to the user's nodes.

ops 2018
member A alice
member B bob
member C carol

A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"},{"id":"$uid-C"}],"type":"add"}
A< {"id":"1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}
C< {"from":"$uid-A","op":"ohi","status":1}

# From the second on, the user's nodes hear of edits.  Who was told before is
# not told again.
A> {"op":OhiEdit,"id":"2","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"datalen":0,"for":[{"id":"$uid-B"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-2","op":"ohiedit","posted":"$date-2","type":"add"}
B! silent

A> {"op":OhiEdit,"id":"3","for":[{"id":"$uid-C"}],"type":"drop"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"for":[{"id":"$uid-C"}],"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ohiedit","posted":"$date-3","type":"drop"}
C< {"from":"$uid-A","op":"ohi","status":2}
A! acks

# A contact that logs in finds in info who is online.
B! lost
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","ohi":["$uid-A"],"op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}

# When the user goes offline, those who were told before are told.
A! lost
B< {"from":"$uid-A","op":"ohi","status":2}
C! silent

# The list is forgotten then: each login begins with one.
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! silent
A> {"op":OhiEdit,"id":"4","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"4","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}

# That one works even on a full disk; later ones would store a message.
A! lost
B< {"from":"$uid-A","op":"ohi","status":2}
disk full
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A> {"op":OhiEdit,"id":"5","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"5","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}
A> {"op":OhiEdit,"id":"6","for":[{"id":"$uid-B"}],"type":"drop"}
A< {"error":"the disk is full: nothing can be stored at present","id":"6",
	"msgid":"","op":"ack","posted":""}
B! silent
