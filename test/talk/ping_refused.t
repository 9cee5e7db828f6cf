# A ping reaches an alias and no more: 140 UTF-16 units of valid UTF-8.

member A alice
member B bob

A> {"op":Ping,"id":"1","from":"alice","to":"carol","datalen":5} | hello
A< {"error":"nobody has the alias carol","id":"1","msgid":"","op":"ack","posted":""}
A> {"op":Ping,"id":"2","from":"bob","to":"bob","datalen":5} | hello
A< {"error":"you have no alias bob","id":"2","msgid":"","op":"ack","posted":""}

# 140 characters of three bytes are 420 bytes; that is as much as fits.
A> {"op":Ping,"id":"3","from":"alice","to":"bob","datalen":420}
	 | €€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
B< {"alias":"alice","datalen":420,"from":"$uid-A","headsum":$sum,
	"id":"$id-3","op":"ping","posted":"$date-3","to":"bob"}
	 | €€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€
A> {"op":Ping,"id":"4","from":"alice","to":"bob","datalen":141}
	 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
A< {"error":"the text has more than 140 characters","id":"4","msgid":"","op":"ack","posted":""}
A> {"op":Ping,"id":"5","from":"alice","to":"bob","datalen":421} | @421a
A< {"error":"datalen is 421, but at most 420 is allowed","id":"5","msgid":"","op":"ack","posted":""}
A> {"op":Ping,"id":"6","from":"alice","to":"bob","datalen":100000} | @100000a
A< {"error":"datalen is 100000, but at most 420 is allowed","id":"6","msgid":"","op":"ack","posted":""}
A> {"op":Ping,"id":"7","from":"alice","to":"bob","datalen":251} | @251a
A< {"error":"the text is not valid UTF-8","id":"7","msgid":"","op":"ack","posted":""}
