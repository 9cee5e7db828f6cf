# Before login a header may have 16384 bytes where it may hold a token.

conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> "4000"
A! silent
A! lost
A> "4001"
A< {"error":"the header is too short or too long","op":"quit"}
A! ended
conf {}
A> "1000"
A! silent
A! lost
A> "1001"
A< {"error":"the header is too short or too long","op":"quit"}
A! ended
