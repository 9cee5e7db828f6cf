# A user is online as long as one of its nodes is.  Each of a contact's nodes
# is told.

ops 2018
member A alice
device A2 of A
member B bob
device B2 of B

A> {"op":OhiEdit,"id":"1","for":[{"id":"$uid-B"}],"type":"add"}
A< {"id":"1","msgid":"","op":"ack","posted":""}
B< {"from":"$uid-A","op":"ohi","status":1}
B2< {"from":"$uid-A","op":"ohi","status":1}
A2> {"op":OhiEdit,"id":"2","for":[{"id":"$uid-B"}],"type":"add"}
A2< {"id":"2","msgid":"","op":"ack","posted":""}
B! silent

A! lost
B! silent
B2! silent
A2> {"op":Quit}
A2< {"error":"logout ok","op":"quit"}
A2! ended
B< {"from":"$uid-A","op":"ohi","status":2}
B2< {"from":"$uid-A","op":"ohi","status":2}
