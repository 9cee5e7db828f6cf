# A connection cannot change its mind.

ops auto
member A alice
A> {"op":10}
A> {"op":8,"id":"1","for":[],"notefor":[],"notelen":1,"datalen":1} | n
A< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
A! ended

member B bob
B> {"op":10}
B> {"op":9,"id":"1","from":"bob","to":"alice","datalen":0}
B< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
B! ended

member C carol
C> {"op":10}
C> {"op":10,"id":"0123456789abcdef","type":"ok"}
C< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
C! ended

member D dave
D> {"op":10}
D> {"op":12}
D< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
D! ended

member E erin
E> {"op":10}
E> {"op":4,"id":"1","for":[],"type":"init"}
E< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
E! ended

member F frank
F> {"op":4,"id":"1","for":[],"type":"init"}
F< {"id":"1","msgid":"","op":"ack","posted":""}
F> {"op":8,"id":"2","to":"alice","datalen":0}
F< {"error":"PostNotify (op 8) needs for","op":"quit"}
F! ended

member G grace
G> {"op":4,"id":"1","for":[],"type":"init"}
G< {"id":"1","msgid":"","op":"ack","posted":""}
G> {"op":9,"id":"0123456789abcdef","type":"ok"}
G< {"error":"Ping (op 9) needs datalen","op":"quit"}
G! ended

member H heidi
H> {"op":4,"id":"1","for":[],"type":"init"}
H< {"id":"1","msgid":"","op":"ack","posted":""}
H> {"op":10}
H< {"error":"Ack (op 10) needs id","op":"quit"}
H! ended
