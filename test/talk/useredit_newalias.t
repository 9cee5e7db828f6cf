# UserEdit newalias adds an alias.  All of the user's nodes hear of it.

member A alice
member B bob

A> {"op":UserEdit,"id":"1","newalias":"Alice  Smith"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"newalias":"Alice  Smith","op":"user","posted":"$date-1"}

# It is found whatever the case and the runs of spaces, and shown as it was
# registered.
B> {"op":Ping,"id":"2","from":"bob","to":"alice smith","datalen":0}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"alias":"bob","datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-2",
	"op":"ping","posted":"$date-2","to":"Alice  Smith"}

B> {"op":UserEdit,"id":"3","newalias":"ALICE SMITH"}
B< {"error":"AddAlias: alias ALICE SMITH already taken","id":"3","msgid":"",
	"op":"ack","posted":""}
B> {"op":UserEdit,"id":"4","newalias":""}
B< {"error":"AddAlias: alias  is too short","id":"4","msgid":"",
	"op":"ack","posted":""}
# One that only looks like a space would make a second name of the same looks.
B> {"op":UserEdit,"id":"6","newalias":"alice\u3000smith"}
B< {"error":"AddAlias: alias alice　smith has a leading or trailing space, an unusual space, or an unprintable character",
	"id":"6","msgid":"","op":"ack","posted":""}
B> {"op":UserEdit,"id":"5","newalias":"a\u202eb"}
B< {"error":"AddAlias: alias a‮b has a leading or trailing space, an unusual space, or an unprintable character",
	"id":"5","msgid":"","op":"ack","posted":""}
