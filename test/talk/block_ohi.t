# A user that is blocked is no longer seen to be online, and its OhiEdit is refused as
# if the other did not exist.

ops 2018
member A alice
member B bob
B> {"op":OhiEdit,"id":"1","type":"add","for":[{"id":"$uid-A"}]}
B< {"id":"1","msgid":"","op":"ack","posted":""}
A< {"from":"$uid-B","op":"ohi","status":1}
A> {"op":UserEdit,"id":"2","block":"$uid-B"}
A< {"from":"$uid-B","op":"ohi","status":2}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"block":"$uid-B","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"user","posted":"$date-2"}
A! acks
B> {"op":OhiEdit,"id":"3","type":"add","for":[{"id":"$uid-A"}]}
B< {"error":"no user has the uid $uid-A","id":"3","msgid":"","op":"ack",
	"posted":""}
