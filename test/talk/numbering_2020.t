# 9 with to is the Ping of 2020; then 10 is Ack, 11 is Pulse and 12 is Quit.
# On one connection it is decided for that one alone.

ops auto
member A alice
member B bob
A> {"op":9,"id":"1","from":"alice","to":"bob","datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1",
	"op":"ping","posted":"$date-1","to":"bob"} | hi

# 10 with id is the Ack of 2020.
B> {"op":10,"id":"$id-1","type":"ok"}
+60s
B! silent
A> {"op":11}
B> {"op":11}
+140s
A! silent
A> {"op":12}
A< {"error":"logout ok","op":"quit"}
A! ended
B> {"op":12}
B< {"error":"logout ok","op":"quit"}
B! ended
