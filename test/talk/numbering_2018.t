# The ops are numbered in two ways under the same revision.  The first op that
# fits only one of them decides for the connection.  8 with to is the seed's
# Ping; then 9 is Ack, 10 is Pulse and 11 is Quit.

ops auto
member A alice
member B bob
A> {"op":8,"id":"1","to":"bob","datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"ping",
	"posted":"$date-1","to":"bob"} | hi

# 9 with id and type is the seed's Ack.
B> {"op":9,"id":"$id-1","type":"ok"}
+60s
B! silent
A> {"op":10}
B> {"op":10}
+140s
A! silent
A> {"op":11}
A< {"error":"logout ok","op":"quit"}
A! ended
B> {"op":11}
B< {"error":"logout ok","op":"quit"}
B! ended
