# UserEdit dropalias: the name stays reserved and no longer reaches anyone.

member A alice
member B bob

A> {"op":UserEdit,"id":"1","dropalias":"Alice"}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"datalen":0,"dropalias":"alice","from":"$uid-A","headsum":$sum,
	"id":"$id-1","op":"user","posted":"$date-1"}

B> {"op":Ping,"id":"2","from":"bob","to":"alice","datalen":0}
B< {"error":"nobody has the alias alice","id":"2","msgid":"","op":"ack","posted":""}
B> {"op":UserEdit,"id":"3","newalias":"alice"}
B< {"error":"AddAlias: alias alice already taken","id":"3","msgid":"",
	"op":"ack","posted":""}

# It cannot be dropped twice, nor by another.
A> {"op":UserEdit,"id":"4","dropalias":"alice"}
A< {"error":"you have no alias alice","id":"4","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"5","dropalias":"bob"}
A< {"error":"you have no alias bob","id":"5","msgid":"","op":"ack","posted":""}
