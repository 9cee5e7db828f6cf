# If the first provider is an empty object, people may register without.  Then
# a token is checked all the same.

conf {"auth":1,"authby":[{},
	{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice"}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
B> {"op":TmtpRev,"id":"1"}
B< {"auth":1,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
B> {"op":Register,"newnode":"x","newalias":"bob",
	"oidc":{"id_token":"$token-bob"}}
B< {"nodeid":"$node-B","noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}
C> {"op":TmtpRev,"id":"1"}
C< {"auth":1,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
C> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-forged"}}
C< {"error":"authentication required: the token's signature is wrong","op":"quit"}
C! ended

# Nothing is asked for, and a token is not looked at, without auth.
conf {}
C> {"op":TmtpRev,"id":"1"}
C> {"op":Register,"newnode":"x","newalias":"carol","oidc":{"id_token":"x"}}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"nodeid":"$node-C","noderef":"1","op":"registered","uid":"$uid-C"}
C< {"info":"login ok","op":"info"}
