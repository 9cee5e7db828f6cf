# Requests are answered in order, refused or not; from one sender messages
# arrive in the order in which they were posted.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":1} | 1
A> {"op":Post,"id":"2","for":[{"id":"bob","type":1}],"datalen":1} | 2
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":1} | 3
A> {"op":UserEdit,"id":"4","dropalias":"bob"}
A> {"op":Ping,"id":"5","from":"alice","to":"bob","datalen":1} | 5
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"error":"no user has the uid bob","id":"2","msgid":"","op":"ack","posted":""}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A< {"error":"you have no alias bob","id":"4","msgid":"","op":"ack","posted":""}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | 1
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | 3
B< {"alias":"alice","datalen":1,"from":"$uid-A","headsum":$sum,
	"id":"$id-5","op":"ping","posted":"$date-5","to":"bob"} | 5
