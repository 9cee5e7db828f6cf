# Names that are taken count like names that do not exist.

member A alice
member B bob
set failed_pings_in_a_row 3
A> {"op":UserEdit,"id":"1","newalias":"Bob"}
A< {"error":"AddAlias: alias Bob already taken","id":"1","msgid":"","op":"ack",
	"posted":""}
A> {"op":GroupInvite,"id":"2","gid":"alice","to":"bob","from":"alice","datalen":0}
A< {"error":"this name is already taken: alice","id":"2","msgid":"","op":"ack",
	"posted":""}
A> {"op":Ping,"id":"3","from":"alice","to":"carol","datalen":0}
A< {"error":"nobody has the alias carol","id":"3","msgid":"","op":"ack",
	"posted":""}
A> {"op":UserEdit,"id":"4","newalias":"a free name"}
A< {"error":"too many names in a row did not exist, or were taken; try again after $date","id":"4","msgid":"",
	"op":"ack","posted":""}
A> {"op":Ping,"id":"5","from":"alice","to":"bob","datalen":0}
A< {"error":"too many names in a row did not exist, or were taken; try again after $date","id":"5","msgid":"",
	"op":"ack","posted":""}
B! silent
B> {"op":UserEdit,"id":"6","newalias":"a free name"}
B< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-6",
	"newalias":"a free name","op":"user","posted":"$date-6"}
