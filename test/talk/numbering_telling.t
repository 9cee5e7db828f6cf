# The other ops that tell: 8 with notelen, 12 and OhiEdit init are of 2020, 10
# without fields is of 2018.  11 is the seed's Quit as long as nothing told.

ops auto
member A alice
A> {"op":8,"id":"1","for":[],"notefor":[],"notelen":1,"datalen":1} | n
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A> {"op":11}
A! silent
A> {"op":12}
A< {"error":"logout ok","op":"quit"}
A! ended

member B bob
B> {"op":12}
B< {"error":"logout ok","op":"quit"}
B! ended

member C carol
C> {"op":4,"id":"1","for":[],"type":"init"}
C< {"id":"1","msgid":"","op":"ack","posted":""}
C> {"op":11}
C! silent
C! lost

member D dave
D> {"op":10}
D> {"op":8,"id":"1","to":"bob","datalen":0}
D< {"id":"1","msgid":"$id","op":"ack","posted":"$date"}
D> {"op":11}
D< {"error":"logout ok","op":"quit"}
D! ended

# Ops that fit both decide nothing.
member E erin
E> {"op":7,"id":"1","for":[],"datalen":0}
E< {"id":"1","msgid":"$id","op":"ack","posted":"$date"}
E> {"op":4,"id":"2","for":[],"type":"add"}
E< {"id":"2","msgid":"","op":"ack","posted":""}
E> {"op":9,"id":"3","from":"erin","to":"bob","datalen":0}
E< {"id":"3","msgid":"$id","op":"ack","posted":"$date"}
E! lost

# 11 alone is Quit.
member F frank
F> {"op":11}
F< {"error":"logout ok","op":"quit"}
F! ended
