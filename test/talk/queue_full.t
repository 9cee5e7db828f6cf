# When too much is waiting for a node, posts to its member are refused and name the
# member as the sender did: who knows an alias learns no uid.  The relay's own
# news is counted apart, and comes all the same.  Once it has acked, all is well.

set queue_messages_max 2
member A alice
member B bob
member C carol
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
A> {"op":Ping,"id":"2","from":"alice","to":"bob","datalen":0}
A< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"ping","posted":"$date-2","to":"bob"}

A> {"op":Post,"id":"3","for":[{"id":"$uid-B","type":1},{"id":"$uid-C","type":1}],"datalen":2} | no
A< {"error":"too much is waiting for $uid-B","id":"3","msgid":"","op":"ack",
	"posted":""}
A> {"op":Ping,"id":"4","from":"alice","to":"BOB","datalen":0}
A< {"error":"too much is waiting for bob","id":"4","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"error":"too much is waiting for bob","id":"5","msgid":"","op":"ack","posted":""}
B> {"op":UserEdit,"id":"6","newnode":"phone"}
B< {"error":"too much is waiting for this node","id":"6",
	"msgid":"","op":"ack","posted":""}
B> {"op":UserEdit,"id":"7","newalias":"robert"}
B< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-7","newalias":"robert",
	"op":"user","posted":"$date-7"}
C! silent

# The others are not held up, and neither is what B itself sends.
A> {"op":Post,"id":"8","for":[{"id":"$uid-C","type":1}],"datalen":2} | ok
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
C< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-8","op":"delivery",
	"posted":"$date-8"} | ok
B> {"op":Post,"id":"9","for":[{"id":"$uid-C","type":1}],"datalen":2} | ok
B< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C< {"datalen":2,"from":"$uid-B","headsum":$sum,"id":"$id-9","op":"delivery",
	"posted":"$date-9"} | ok
C! acks

restart
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
B< {"alias":"alice","datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2",
	"op":"ping","posted":"$date-2","to":"bob"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x",
	"node":"1","op":"login","posted":"$date"}
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1","op":"login","posted":"$date"}
C! acks
C> {"op":Post,"id":"10","for":[{"id":"$uid-B","type":1}],"datalen":2} | no
C< {"error":"too much is waiting for $uid-B","id":"10","msgid":"","op":"ack",
	"posted":""}
B! acks
C> {"op":Post,"id":"11","for":[{"id":"$uid-B","type":1}],"datalen":2} | ok
C< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-11","op":"delivery",
	"posted":"$date-11"} | ok

# By bytes.
set queue_messages_max 100
set queue_max 65536
C> {"op":Post,"id":"12","for":[{"id":"$uid-B","type":1}],"datalen":65536} | @65536a
C< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
B< {"datalen":65536,"from":"$uid-C","headsum":$sum,"id":"$id-12",
	"op":"delivery","posted":"$date-12"} | @65536a
C> {"op":Post,"id":"13","for":[{"id":"$uid-B","type":1}],"datalen":1} | n
C< {"error":"too much is waiting for $uid-B","id":"13","msgid":"","op":"ack",
	"posted":""}
B! acks
C> {"op":Post,"id":"14","for":[{"id":"$uid-B","type":1}],"datalen":2} | ok
C< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-14","op":"delivery",
	"posted":"$date-14"} | ok
