# The self-test of mnm N: what it sends to the relay, and what it must get.
# talk.h says what the lines mean.  $sum-run is the number of the numbering;
# a client connects with the first frame that it sends.  A line that begins
# with a tab continues the one before.

# Three members; the third has no alias.
member A Ann $sum-run
member B Bob $sum-run
member C _

# Presence.  Only the second list is sent to the member's own device.
A> {"op":OhiEdit,"id":"a1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"a1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}
A> {"op":OhiEdit,"id":"a2","for":[{"id":"$uid-C"}],"type":"add"}
A= a2
A< {"datalen":0,"for":[{"id":"$uid-C"}],"from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"ohiedit","posted":"$date",
	"type":"add"}
C< {"from":"$uid-A","op":"ohi","status":1}
A> {"op":OhiEdit,"id":"a3","for":[{"id":"$uid-C"}],"type":"drop"}
A= a3
A< {"datalen":0,"for":[{"id":"$uid-C"}],"from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"ohiedit","posted":"$date",
	"type":"drop"}
C< {"from":"$uid-A","op":"ohi","status":2}

# Aliases, and a second device, which logs in.
A> {"op":UserEdit,"id":"a4","newalias":"Anna $sum-run"}
A= a4
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"newalias":"Anna $sum-run","op":"user","posted":"$date"}
B> {"op":UserEdit,"id":"b1","newalias":"ANNA   $sum-run"}
B/ b1
device D of A

# Ping, by an alias; the sender's other device gets it, too.
A> {"op":Ping,"id":"a6","datalen":7,"from":"Ann $sum-run",
	"to":"Bob $sum-run"} | Hi, Bob
A= a6
B< {"alias":"Ann $sum-run","datalen":7,"from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"ping","posted":"$date",
	"to":"Bob $sum-run"} | Hi, Bob
D< {"alias":"Ann $sum-run","datalen":7,"from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"ping","posted":"$date",
	"to":"Bob $sum-run"} | Hi, Bob
A> {"op":Ping,"id":"a7","datalen":2,"from":"Ann $sum-run",
	"to":"Nobody $sum-run"} | Hi
A/ a7

# A group of two.
A> {"op":GroupInvite,"id":"a8","gid":"All $sum-run","datalen":4,
	"from":"Ann $sum-run","to":"Bob $sum-run"} | Join
A= a8
A< {"act":"invite","alias":"Bob $sum-run","datalen":0,
	"from":"$uid-A","gid":"All $sum-run","headsum":$sum,"id":"$id",
	"op":"member","posted":"$date"}
B< {"alias":"Ann $sum-run","datalen":4,"from":"$uid-A",
	"gid":"All $sum-run","headsum":$sum,"id":"$id","op":"invite",
	"posted":"$date","to":"Bob $sum-run"} | Join
D< {"alias":"Ann $sum-run","datalen":4,"from":"$uid-A",
	"gid":"All $sum-run","headsum":$sum,"id":"$id","op":"invite",
	"posted":"$date","to":"Bob $sum-run"} | Join
D< {"act":"invite","alias":"Bob $sum-run","datalen":0,
	"from":"$uid-A","gid":"All $sum-run","headsum":$sum,"id":"$id",
	"op":"member","posted":"$date"}
B> {"op":GroupEdit,"id":"b2","act":"join","gid":"All $sum-run",
	"newalias":"Bobby $sum-run"}
B= b2
ABD< {"act":"join","alias":"Bob $sum-run","datalen":0,
	"from":"$uid-B","gid":"All $sum-run","headsum":$sum,"id":"$id",
	"newalias":"Bobby $sum-run","op":"member","posted":"$date"}
C> {"op":GroupEdit,"id":"c1","act":"join","gid":"All $sum-run"}
C/ c1

# Posts: to a user and a group, to the sender's devices, and refused.
A> {"op":Post,"id":"a9","datalen":11,"datahead":5,"datasum":9,
	"for":[{"id":"$uid-C","type":1},{"id":"All $sum-run",
	"type":3}]} | hello world
A= a9
BCD< {"datahead":5,"datalen":11,"datasum":9,"from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"delivery",
	"posted":"$date"} | hello world
B> {"op":Post,"id":"b3","datalen":0,"for":[{"id":"All $sum-run",
	"type":2}]}
B= b3
ABD< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"op":"delivery","posted":"$date"}
A> {"op":Post,"id":"a10","datalen":12,"for":[]} | note to self
A= a10
D< {"datalen":12,"from":"$uid-A","headsum":$sum,"id":"$id",
	"op":"delivery","posted":"$date"} | note to self
A> {"op":Post,"id":"a11","datalen":4,"for":[{"id":"$uid-B","type":1},
	{"id":"nobody","type":1}]} | lost
A/ a11
C> {"op":Post,"id":"c2","datalen":9,"for":[{"id":"All $sum-run",
	"type":3}]} | let me in
C/ c2
ABCD! acks

# Another name in the group; then a member is barred.
B> {"op":GroupEdit,"id":"b4","act":"alias","gid":"All $sum-run",
	"newalias":"Robert $sum-run"}
B= b4
ABD< {"act":"alias","alias":"Bobby $sum-run","datalen":0,
	"from":"$uid-B","gid":"All $sum-run","headsum":$sum,"id":"$id",
	"newalias":"Robert $sum-run","op":"member","posted":"$date"}
A> {"op":GroupEdit,"id":"a12","act":"drop","gid":"All $sum-run",
	"to":"Robert $sum-run"}
A= a12
ABD< {"act":"drop","alias":"Robert $sum-run","datalen":0,
	"from":"$uid-A","gid":"All $sum-run","headsum":$sum,"id":"$id",
	"op":"member","posted":"$date"}
B> {"op":Post,"id":"b5","datalen":0,"for":[{"id":"All $sum-run",
	"type":3}]}
B/ b5

# A dropped alias reaches nobody, nor does a dropped device.
A> {"op":UserEdit,"id":"a13","dropalias":"Anna $sum-run"}
A= a13
AD< {"datalen":0,"dropalias":"Anna $sum-run","from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"user","posted":"$date"}
A> {"op":UserEdit,"id":"a14","dropnode":"$sum-ref-D"}
A= a14
A< {"datalen":0,"dropnode":"$sum-ref-D","from":"$uid-A",
	"headsum":$sum,"id":"$id","op":"user","posted":"$date"}
D< {"error":"$error","op":"quit"}
D! ended
ABC! acks

# A message that was not acked is sent again.
A> {"op":Post,"id":"a15","datalen":5,"for":[{"id":"$uid-B",
	"type":1}]} | twice
A< {"id":"a15","msgid":"$id-twice","op":"ack","posted":"$date"}
B< {"datalen":5,"from":"$uid-A","headsum":$sum,"id":"$id-twice",
	"op":"delivery","posted":"$date"} | twice
B! lost
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","ohi":["$uid-A"],"op":"info"}
B< {"datalen":5,"from":"$uid-A","headsum":$sum,"id":"$id-twice",
	"op":"delivery","posted":"$date"} | twice
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks

# Neither pulse nor ack is answered.
A> {"op":Pulse}
A> {"op":Ack,"id":"0000000000000001","type":"ok"}
A> {"op":Quit}
A< {"error":"logout ok","op":"quit"}
A! ended
B< {"from":"$uid-A","op":"ohi","status":2}
B> {"op":Quit}
B< {"error":"logout ok","op":"quit"}
B! ended
C> {"op":TmtpRev,"id":"1"}
C< {"error":"$error","op":"quit"}
C! ended
E> {"op":TmtpRev,"id":"1"}
E> {"op":Login,"uid":"$uid-A","node":"$node-B"}
E< {"id":"1","name":"test","op":"tmtprev"}
E< {"error":"$error","op":"quit"}
E! ended

# What only the second numbering has; nobody else is connected.
ops 2020
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
B> {"op":PostNotify,"id":"b1","datalen":8,"notelen":4,
	"fornotself":true,"for":[{"id":"$uid-C","type":1}],
	"notefor":[]} | notebody
B= b1
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id","notify":1,
	"op":"delivery","posted":"$date"} | body
C< {"datalen":4,"from":"$uid-B","headsum":$sum,"id":"$id",
	"op":"notify","posted":"$date","postid":"$id"} | note
BC! acks
B> {"op":Quit}
B< {"error":"logout ok","op":"quit"}
B! ended
C> {"op":Quit}
C< {"error":"logout ok","op":"quit"}
C! ended
