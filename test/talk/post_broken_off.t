# A connection that breaks in the middle of a post leaves nothing.

member A alice
member B bob
A> "0077{\"op\":7"
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":10} | short
A! lost
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A> {"op":Post,"id":"2","for":[{"id":"$uid-B","type":1}],"datalen":200000} | @150000a
A! lost
B! silent
