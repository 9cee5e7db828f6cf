# Who is blocked is refused in the words for somebody who does not exist.

member A alice
member B bob
member C carol
A> {"op":UserEdit,"id":"1","block":"$uid-B"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"block":"$uid-B","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"op":"user","posted":"$date-1"}
A! acks

# Again is no error; it survives a crash.
A> {"op":UserEdit,"id":"2","block":"$uid-B"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"block":"$uid-B","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"user","posted":"$date-2"}
A! acks
crash
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
B! acks
B> {"op":Post,"id":"3","for":[{"id":"$uid-A","type":1}],"datalen":0}
B< {"error":"no user has the uid $uid-A","id":"3","msgid":"","op":"ack",
	"posted":""}
B> {"op":Post,"id":"4","for":[{"id":"$uid-C","type":1},{"id":"$uid-A","type":1}],"datalen":0}
B< {"error":"no user has the uid $uid-A","id":"4","msgid":"","op":"ack",
	"posted":""}
B> {"op":Ping,"id":"5","from":"bob","to":"Alice","datalen":0}
B< {"error":"nobody has the alias Alice","id":"5","msgid":"","op":"ack",
	"posted":""}
B> {"op":GroupInvite,"id":"6","gid":"Club","to":"alice","from":"bob","datalen":0}
B< {"error":"nobody has the alias alice","id":"6","msgid":"","op":"ack",
	"posted":""}

# It goes one way, and concerns nobody else.
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id",
	"label":"x","node":"1","op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"7","for":[{"id":"$uid-B","type":1}],"datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7",
	"op":"delivery","posted":"$date-7"}

A> {"op":UserEdit,"id":"8","unblock":"$uid-B"}
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8","op":"user",
	"posted":"$date-8","unblock":"$uid-B"}
B> {"op":Post,"id":"9","for":[{"id":"$uid-A","type":1}],"datalen":0}
B< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
A< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-9",
	"op":"delivery","posted":"$date-9"}

# What is refused.
A> {"op":UserEdit,"id":"10","block":"$uid-A"}
A< {"error":"you cannot block yourself","id":"10","msgid":"","op":"ack",
	"posted":""}
A> {"op":UserEdit,"id":"11","block":"bob"}
A< {"error":"no user has the uid bob","id":"11","msgid":"","op":"ack",
	"posted":""}
A> {"op":UserEdit,"id":"12","unblock":"nobody"}
A< {"error":"no user has the uid nobody","id":"12","msgid":"","op":"ack",
	"posted":""}
A> {"op":UserEdit,"id":"13","block":"$uid-B","unblock":"$uid-B"}
A< {"error":"UserEdit takes either block or unblock","id":"13","msgid":"","op":"ack",
	"posted":""}
A> {"op":UserEdit,"id":"14","block":"$uid-B","newalias":"another name"}
A< {"error":"UserEdit takes one of newnode, newalias, dropnode, dropalias, cork, wake, block and unblock","id":"14","msgid":"","op":"ack",
	"posted":""}
A! acks
B! acks
