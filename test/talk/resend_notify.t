# PostNotify, too, is done once: small and large, with a note and without.

ops 2020
member A alice
member B bob
member C carol
A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":8} | notebody
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-1","notify":3,
	"op":"delivery","posted":"$date-1"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-1n","op":"notify",
	"posted":"$date-1","postid":"$id-1"} | note
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-1n","op":"notify",
	"posted":"$date-1","postid":"$id-1"} | note
A> {"op":PostNotify,"id":"2","for":[{"id":"$uid-B","type":1}],"notelen":0,"datalen":4} | body
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-2","notify":2,
	"op":"delivery","posted":"$date-2"} | body
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2n","op":"notify",
	"posted":"$date-2","postid":"$id-2"}
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":70004} | @4n @70000x
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":70000,"from":"$uid-A","headsum":$sum,"id":"$id-3","notify":3,
	"op":"delivery","posted":"$date-3"} | @70000x
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-3n","op":"notify",
	"posted":"$date-3","postid":"$id-3"} | @4n
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-3n","op":"notify",
	"posted":"$date-3","postid":"$id-3"} | @4n
B! acks
C! acks

crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C! acks
A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":8} | notebody
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":PostNotify,"id":"2","for":[{"id":"$uid-B","type":1}],"notelen":0,"datalen":4} | body
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":70004} | @4n @70000x
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A! silent
B! silent
C! silent

restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C! acks
A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":8} | notebody
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":PostNotify,"id":"2","for":[{"id":"$uid-B","type":1}],"notelen":0,"datalen":4} | body
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":70004} | @4n @70000x
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
A! silent
B! silent
C! silent

# Another note is another request.
A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"datalen":8} | nokebody
A< {"id":"1","msgid":"$id-x","op":"ack","posted":"$date-x"}
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-x","notify":3,
	"op":"delivery","posted":"$date-x"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-xn","op":"notify",
	"posted":"$date-x","postid":"$id-x"} | noke
C< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-xn","op":"notify",
	"posted":"$date-x","postid":"$id-x"} | noke
