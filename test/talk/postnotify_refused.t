# All or nothing, over both lists.

ops 2020
set message_max 100000
member A alice
member B bob

A> {"op":PostNotify,"id":"1","for":[{"id":"$uid-B","type":1}],
	"notefor":[{"id":"carol","type":1}],"notelen":4,"datalen":8} | notebody
A< {"error":"no user has the uid carol","id":"1","msgid":"","op":"ack","posted":""}
A> {"op":PostNotify,"id":"2","for":[{"id":"Club","type":2}],
	"notefor":[{"id":"$uid-B","type":1}],"notelen":4,"datalen":70000} | @70000a
A< {"error":"you are not a member of group Club","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":PostNotify,"id":"3","for":[{"id":"$uid-B","type":1}],"notefor":[],
	"notelen":4,"datalen":100001} | @100001a
A< {"error":"datalen is 100001, but at most 100000 is allowed","id":"3","msgid":"",
	"op":"ack","posted":""}
B! silent
A> {"op":PostNotify,"id":"4","for":[],"notefor":[],"notelen":5,"datalen":4} | note
A< {"error":"PostNotify has parts larger than datalen","op":"quit"}
A! ended

C> {"op":0,"id":"1"}
C> {"op":1,"newnode":"x"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"nodeid":"$node-C","noderef":"1","op":"registered","uid":"$uid-C"}
C< {"info":"login ok","op":"info"}
C> {"op":PostNotify,"id":"6","for":[],"notefor":[],"notelen":4,"datahead":5,"datalen":8} | notebody
C< {"error":"PostNotify has parts larger than datalen","op":"quit"}
C! ended

B> {"op":PostNotify,"id":"5","for":[],"notefor":[],"notelen":1,"notehead":2,"datalen":4} | note
B< {"error":"PostNotify has a notehead larger than notelen","op":"quit"}
B! ended
