# PostNotify sends a message to some, and a short notification of it to more.
# The data begins with the notification, and datalen counts both.  Who gets
# both gets the delivery first.  notify counts the entries of both lists, and
# the sender unless fornotself.

ops 2020
member A alice
device A2 of A
member B bob
member C carol

A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],
	"notefor":[{"id":"$uid-C","type":1}],"notelen":4,"notehead":1,"notesum":7,
	"datalen":11,"datahead":2,"datasum":8} | notemessage
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A2< {"datahead":2,"datalen":7,"datasum":8,"from":"$uid-A","headsum":$sum,
	"id":"$id-1","notify":3,"op":"delivery","posted":"$date-1"} | message
B< {"datahead":2,"datalen":7,"datasum":8,"from":"$uid-A","headsum":$sum,
	"id":"$id-1","notify":3,"op":"delivery","posted":"$date-1"} | message
B< {"datahead":1,"datalen":4,"datasum":7,"from":"$uid-A","headsum":$sum,
	"id":"$id-2","op":"notify","posted":"$date-1","postid":"$id-1"} | note
C< {"datahead":1,"datalen":4,"datasum":7,"from":"$uid-A","headsum":$sum,
	"id":"$id-2","op":"notify","posted":"$date-1","postid":"$id-1"} | note

# With fornotself the sender's other nodes get nothing.
A> {"op":PostNotify,"id":"2","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"fornotself":true,"notelen":4,"datalen":4} | note
A< {"id":"2","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-3","notify":1,
	"op":"delivery","posted":"$date-3"}
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-4","op":"notify",
	"posted":"$date-3","postid":"$id-3"} | note
A2! silent

# Either list may be empty, and so may both parts.
A> {"op":PostNotify,"id":"3","for":[],"notefor":[{"id":"$uid-C","type":1}],
	"notelen":0,"datalen":4} | body
A< {"id":"3","msgid":"$id-5","op":"ack","posted":"$date-5"}
A2< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-5","notify":2,
	"op":"delivery","posted":"$date-5"} | body
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-6","op":"notify",
	"posted":"$date-5","postid":"$id-5"}

# Who is in both lists gets each once.
A> {"op":PostNotify,"id":"4","for":[{"id":"$uid-B","type":1}],
	"notefor":[{"id":"$uid-B","type":1}],"notelen":0,"datalen":0}
A< {"id":"4","msgid":"$id-7","op":"ack","posted":"$date-7"}
A2< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","notify":3,
	"op":"delivery","posted":"$date-7"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-7","notify":3,
	"op":"delivery","posted":"$date-7"}
B< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-8","op":"notify",
	"posted":"$date-7","postid":"$id-7"}

# Without notefor, or with null, just those in for get the note.
A> {"op":PostNotify,"id":"5","for":[{"id":"$uid-B","type":1}],"notelen":4,
	"datalen":8} | notebody
A< {"id":"5","msgid":"$id-p5","op":"ack","posted":"$date-p5"}
A2< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-p5","notify":2,
	"op":"delivery","posted":"$date-p5"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-p5","notify":2,
	"op":"delivery","posted":"$date-p5"} | body
B< {"datalen":4,"from":"$uid-A","headsum":$sum,"id":"$id-p5n","op":"notify",
	"posted":"$date-p5","postid":"$id-p5"} | note
A> {"op":PostNotify,"id":"6","for":[],"notefor":null,"fornotself":true,
	"notelen":4,"datalen":8} | notebody
A< {"id":"6","msgid":"$id-p6","op":"ack","posted":"$date-p6"}
A! silent
