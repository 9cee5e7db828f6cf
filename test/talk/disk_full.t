# When the disk is full, what would store something for others is refused, and
# says why.  Logins (of which no message tells then), acks, deliveries and what
# frees space go on; and so does everything when there is space again.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B! lost

disk full
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"error":"the disk is full: nothing can be stored at present","id":"2",
	"msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000a
A< {"error":"the disk is full: nothing can be stored at present","id":"3",
	"msgid":"","op":"ack","posted":""}
A> {"op":Ping,"id":"4","from":"alice","to":"bob","datalen":0}
A< {"error":"the disk is full: nothing can be stored at present","id":"4",
	"msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"error":"the disk is full: nothing can be stored at present","id":"5",
	"msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"6","newnode":"x"}
A< {"error":"the disk is full: nothing can be stored at present","id":"6",
	"msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"60","for":[],"datalen":0,"dropalias":"alice"}
A< {"error":"the disk is full: nothing can be stored at present","id":"60",
	"msgid":"","op":"ack","posted":""}
A> {"op":GroupEdit,"id":"61","gid":"Club","act":"join"}
A< {"error":"the disk is full: nothing can be stored at present","id":"61",
	"msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"7","dropalias":"alice"}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"datalen":0,"dropalias":"alice","from":"$uid-A","headsum":$sum,
	"id":"$id-7","op":"user","posted":"$date-7"}

B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B! acks

C> {"op":TmtpRev,"id":"1"}
C> {"op":Register,"newnode":"x"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"error":"the disk is full: nothing can be stored at present","op":"quit"}
C! ended

disk free
A> {"op":Post,"id":"9","for":[{"id":"$uid-B","type":1}],"datalen":2} | ok
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-9"} | ok
