# A device's label is for its owner: the user's nodes see it in user and login.
# It may be empty, or the same as another's: numbers tell them apart.

member A alice
A> {"op":UserEdit,"id":"1","newnode":""}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newnode":"","nodeid":"$node-B","noderef":"2","op":"user",
	"posted":"$date-1"}
A> {"op":UserEdit,"id":"2","newnode":"x"}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"newnode":"x","nodeid":"$node-C","noderef":"3","op":"user",
	"posted":"$date-2"}
A! acks

# Too long, it is cut off at 64 bytes, between two characters.
A> {"op":UserEdit,"id":"3","newnode":"äääääääääääääääääääääääääääääääaäb"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"newnode":"äääääääääääääääääääääääääääääääa","nodeid":"$node-D",
	"noderef":"4","op":"user","posted":"$date-3"}
A! acks

# Its characters are those of an alias.
A> {"op":UserEdit,"id":"4","newnode":" phone"}
A< {"error":"newnode has a leading or trailing space, or an unprintable character:  phone",
	"id":"4","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"5","newnode":"phone\u0000"}
A< {"error":"newnode has a leading or trailing space, or an unprintable character: phone\u0000",
	"id":"5","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"6","newnode":"pho\u202ene"}
A/ 6
R> {"op":TmtpRev,"id":"1"}
R> {"op":Register,"newnode":"phone ","newalias":"bob"}
R< {"id":"1","name":"test","op":"tmtprev"}
R< {"error":"newnode has a leading or trailing space, or an unprintable character: phone ",
	"op":"quit"}
R! ended

# A login without a label is shown as ever.
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-A","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n1",
	"newnode":"","noderef":"2","op":"user",
	"posted":"$date-1"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n2",
	"newnode":"x","noderef":"3","op":"user",
	"posted":"$date-2"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-n3",
	"newnode":"äääääääääääääääääääääääääääääääa","noderef":"4","op":"user","posted":"$date-3"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","node":"2",
	"op":"login","posted":"$date"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","node":"2",
	"op":"login","posted":"$date"}
