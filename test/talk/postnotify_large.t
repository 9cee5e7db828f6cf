# Note and body may each be small or large.

ops 2020
set window 20
member A alice
member B bob

# A small note and a large body.
A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":5,"datalen":66005} | @5a @66000b
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":66000,"from":"$uid-A","headsum":$sum,"id":"$id-1","notify":2,
	"op":"delivery","posted":"$date-1"} | @66000b
B< {"datalen":5,"from":"$uid-A","headsum":$sum,"id":"$id-2","op":"notify",
	"posted":"$date-1","postid":"$id-1"} | @5a

# A large note and a small body.
A> {"op":PostNotify,"id":"2","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":66000,"datalen":66005} | @66000a @5b
A< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":5,"from":"$uid-A","headsum":$sum,"id":"$id-3","notify":2,
	"op":"delivery","posted":"$date-3"} | @5b
B< {"datalen":66000,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"notify",
	"posted":"$date-3","postid":"$id-3"} | @66000a

# Both small, but not together; both large; one without the other.
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":65536,"datalen":131072} | @65536a @65536b
A> {"op":PostNotify,"id":"4","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":65537,"datalen":131074} | @65537c @65537d
A> {"op":PostNotify,"id":"5","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":65537,"datalen":65537} | @65537e
A> {"op":PostNotify,"id":"6","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":0,"datalen":65537} | @65537f
A< {"id":"3","msgid":"$id-5","op":"ack","posted":"$date-5"}
A< {"id":"4","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"id":"5","msgid":"$id-9","op":"ack","posted":"$date-9"}
A< {"id":"6","msgid":"$id-11","op":"ack","posted":"$date-11"}
B< {"datalen":65536,"from":"$uid-A","headsum":$sum,"id":"$id-5","notify":2,
	"op":"delivery","posted":"$date-5"} | @65536b
B< {"datalen":65536,"from":"$uid-A","headsum":$sum,"id":"$id-6","op":"notify",
	"posted":"$date-5","postid":"$id-5"} | @65536a
B< {"datalen":65537,"from":"$uid-A","headsum":$sum,"id":"$id-7","notify":2,
	"op":"delivery","posted":"$date-7"} | @65537d
B< {"datalen":65537,"from":"$uid-A","headsum":$sum,"id":"$id-8","op":"notify",
	"posted":"$date-7","postid":"$id-7"} | @65537c
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-9","notify":2,
	"op":"delivery","posted":"$date-9"}
B< {"datalen":65537,"from":"$uid-A","headsum":$sum,"id":"$id-10","op":"notify",
	"posted":"$date-9","postid":"$id-9"} | @65537e
B< {"datalen":65537,"from":"$uid-A","headsum":$sum,"id":"$id-11","notify":2,
	"op":"delivery","posted":"$date-11"} | @65537f
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-12","op":"notify",
	"posted":"$date-11","postid":"$id-11"}

# A large part that nobody is to get is stored nowhere.
A> {"op":PostNotify,"id":"7","for":[],"notefor":[{"id":"$uid-B","type":1}],
	"notelen":1,"datalen":70001} | @1a @70000b
A< {"id":"7","msgid":"$id-13","op":"ack","posted":"$date-13"}
B< {"datalen":1,"from":"$uid-A","headsum":$sum,"id":"$id-14","op":"notify",
	"posted":"$date-13","postid":"$id-13"} | @1a
