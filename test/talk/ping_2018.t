# In the seed's numbering a ping may hide by which alias it was sent.

ops 2018
member A alice
member B bob
A> {"op":8,"id":"1","to":"bob","datalen":2} | hi
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"datalen":2,"from":"$uid-A","headsum":$sum,"id":"$id-1","op":"ping",
	"posted":"$date-1","to":"bob"} | hi
