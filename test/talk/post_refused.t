# All or nothing: if one recipient is not known or not allowed, nobody gets the
# message.  Its data is thrown away, and the next request is read.

member A alice
member B bob

A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1},{"id":"bob","type":1}],"datalen":5} | hello
A< {"error":"no user has the uid bob","id":"1","msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1},{"id":"Club","type":2}],"datalen":5} | hello
A< {"error":"you are not a member of group Club","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"3","for":[{"id":"$uid-B"}],"datalen":5} | hello
A< {"error":"type must be 1, 2 or 3 for $uid-B","id":"3","msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"4","for":[{"id":"$uid-B","type":4}],"datalen":0}
A< {"error":"type must be 1, 2 or 3 for $uid-B","id":"4","msgid":"","op":"ack","posted":""}
B! silent

set message_max 100000
A> {"op":Post,"id":"5","for":[{"id":"$uid-B","type":1}],"datalen":100001} | @100001a
A> {"op":Post,"id":"6","for":[{"id":"bob","type":1}],"datalen":100000} | @100000a
A< {"error":"datalen is 100001, but at most 100000 is allowed","id":"5",
	"msgid":"","op":"ack","posted":""}
A< {"error":"no user has the uid bob","id":"6","msgid":"","op":"ack","posted":""}
A> {"op":Post,"id":"7","for":[{"id":"$uid-B","type":1}],"datalen":2} | ok
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-7","op":"delivery",
	"posted":"$date-7"} | ok

A> {"op":Post,"id":"8","for":[],"datalen":2,"datahead":3} | no
A< {"error":"Post has parts larger than datalen","op":"quit"}
A! ended

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A> {"op":Post,"id":"9","for":[]}
A< {"error":"Post (op 7) needs datalen","op":"quit"}
A! ended
