# UserEdit changes one thing at a time.

member A alice

A> {"op":UserEdit,"id":"1"}
A< {"error":"UserEdit takes one of newnode, newalias, dropnode, dropalias, cork, wake, block and unblock",
	"id":"1","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"2","newnode":"x","newalias":"y"}
A< {"error":"UserEdit takes one of newnode, newalias, dropnode, dropalias, cork, wake, block and unblock",
	"id":"2","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"newnode":"x"}
A< {"error":"UserEdit (op 3) needs id","op":"quit"}
A! ended
