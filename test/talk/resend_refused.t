# A repetition is recognised even if it would be refused now, before its data
# arrives, too.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000l
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B< {"datalen":70000,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-1"} | @70000l
B! acks
A! lost
disk full
+2s
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000l
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-1"}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000k
A< {"error":"$error","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000l
A< {"error":"$error","id":"3","msgid":"","op":"ack","posted":""}
disk free
+2s

# What was refused is tried again.
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000k
A< {"id":"2","msgid":"$id-4","op":"ack","posted":"$date-4"}
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":70000} | @70000l
A< {"id":"3","msgid":"$id-5","op":"ack","posted":"$date-4"}
B< {"datalen":70000,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"} | @70000k
B< {"datalen":70000,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-4"} | @70000l
