# Keys match in any case, null is absent, the last of two equal keys wins, and
# unknown keys are skipped.  The digits may be of either case.

A> "001C{\x22Op\x22:9,\x22OP\x22:0,\x22ID\x22:\x221\x22    }"
A< {"id":"1","name":"test","op":"tmtprev"}
A> {"oP":1,"Newnode":"x","NewAlias":null,"x":[{"y":[1.5e3,true,null]}]}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}

# What is written is always in one form.
A> {"op":3,"id":"<\u0001\/\ud83d\ude00\ud800\b&\n\u2028>","newalias":"\u0041li\u0063e"}
A< {"id":"\u003c\u0001/😀�\u0008\u0026\n\u2028\u003e","msgid":"$id-1",
	"op":"ack","posted":"$date-1"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-1","newalias":"Alice",
	"op":"user","posted":"$date-1"}
