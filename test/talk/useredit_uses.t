# An alias with uses stops working after so many pings or invitations have
# reached it; with 1 it is a single-use alias, for one new contact.

member A alice
member B bob

A> {"op":UserEdit,"id":"1","newalias":"once","uses":1}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newalias":"once","op":"user","posted":"$date-1","uses":1}

B> {"op":Ping,"id":"2","from":"bob","to":"once","datalen":2} | hi
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"alias":"bob","datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-2",
	"op":"ping","posted":"$date-2","to":"once"} | hi
A! acks

# Now it is used up, also after a crash, and stays reserved.
B> {"op":Ping,"id":"3","from":"bob","to":"once","datalen":2} | hi
B< {"error":"nobody has the alias once","id":"3","msgid":"","op":"ack","posted":""}
crash
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B> {"op":Ping,"id":"4","from":"bob","to":"once","datalen":2} | hi
B< {"error":"nobody has the alias once","id":"4","msgid":"","op":"ack","posted":""}
B> {"op":UserEdit,"id":"5","newalias":"once"}
B< {"error":"AddAlias: alias once already taken","id":"5","msgid":"","op":"ack","posted":""}

B> {"op":UserEdit,"id":"6","newalias":"never","uses":0}
B< {"error":"uses must be from 1 to 4294967294, not 0","id":"6","msgid":"",
	"op":"ack","posted":""}
