# Data of any length up to message_max; what is over 64 KiB is stored as it
# arrives.  Requests behind it wait, and are answered in order.

member A alice
member B bob

A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":65536} | @65536a
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":65536,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"op":"delivery","posted":"$date-1"} | @65536a
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":65537} | @65537b
A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1}],"datalen":4} | last
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":65537,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"delivery","posted":"$date-2"} | @65537b
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-3",
	"op":"delivery","posted":"$date-3"} | last
B! acks

# It waits for who is not there, across a crash.
B! lost
A> {"op":Post,"id":"4","for":[{"id":"$uid-B","type":1}],"datalen":100000} | @100000c
A< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
crash
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":100000,"from":"$uid-A","headsum":$sum,"id":"$id-4",
	"op":"delivery","posted":"$date-4"} | @100000c
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
