# A frame is four hexadecimal digits, a header of 8 to 65535 bytes and data.
# Anything else ends the connection with a quit.

A> "zzzz{\x22op\x22:0}"
A< {"error":"a frame does not begin with four hexadecimal digits","op":"quit"}
A! ended
A> "0007{\x22op\x22:}"
A< {"error":"the header is too short or too long","op":"quit"}
A! ended

# Before login it has 4096 bytes at most.
A> "1001"
A< {"error":"the header is too short or too long","op":"quit"}
A! ended

A> {"op":0,"id":"1",}
A< {"error":"invalid header","op":"quit"}
A! ended
A> {"op":0,"id":1}
A< {"error":"invalid header","op":"quit"}
A! ended
A> {"id":"1","no":"op"}
A< {"error":"invalid header","op":"quit"}
A! ended
A> {"op":0,"id":"1","datalen":1} | x
A< {"error":"TmtpRev takes no data","op":"quit"}
A! ended
A> {"op":13,"id":"1"}
A< {"error":"there is no op with this number","op":"quit"}
A! ended
