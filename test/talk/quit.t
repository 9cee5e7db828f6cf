# Quit performs logout.  What was acked before stays acked, what was not waits
# for the next login.

member A alice
member B bob
A> {"op":Post,"id":"1","for":[{"id":"$uid-B","type":1}],"datalen":2} | hi
A> {"op":Quit}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"error":"logout ok","op":"quit"}
A! ended
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"delivery",
	"posted":"$date-1"} | hi
