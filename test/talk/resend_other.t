# What is no repetition is done: other data, another id, another node, too late.

member A alice
member B bob
set resend_time 60000
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B! acks
# On the same connection, every request is a new one.
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"delivery",
	"posted":"$date-2"} | hi
B! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
# The last of the two.
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | ho
A< {"id":"1","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-3","op":"delivery",
	"posted":"$date-3"} | ho
B! acks
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"2","msgid":"$id-4","op":"ack","posted":"$date-4"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"delivery",
	"posted":"$date-4"} | hi
B! acks
# Other spelling is another request.
A> {"op":Post, "id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-5","op":"ack","posted":"$date-5"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-5","op":"delivery",
	"posted":"$date-5"} | hi
B! acks
# Somebody else.
B> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
B< {"id":"1","msgid":"$id-6","op":"ack","posted":"$date-6"}
B< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-6","op":"delivery",
	"posted":"$date-6"} | hi
B! acks
+61s
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
# It is too old.
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"} | hi
B! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-7","op":"ack","posted":"$date-7"}
set resend_time 0
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-8","op":"ack","posted":"$date-8"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-8","op":"delivery",
	"posted":"$date-8"} | hi
B! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-9","op":"ack","posted":"$date-9"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-9"} | hi
B! acks
set resend_time 60000
# What was not remembered.
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-7","op":"ack","posted":"$date-7"}
