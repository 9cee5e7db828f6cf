# The rules for invitations apply to those whom a provider vouches for, unless
# the configuration says that it replaces them.

conf {"auth":1,"register":"invite","authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-alice"}}
A< {"error":"this relay takes new members by invitation, and each works once: ask its operator to invite you, then use the name you were given, with its code if there is one","op":"quit"}
A! ended
conf {"auth":1,"register":"invite",
	"auth_replaces_invitation":true,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-alice"}}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}

# Nobody else is let in by that, also if it is optional.
conf {"auth":1,"register":"invite",
	"auth_replaces_invitation":true,"authby":[{},
	{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
B> {"op":TmtpRev,"id":"1"}
B< {"auth":1,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
B> {"op":Register,"newnode":"x","newalias":"bob"}
B< {"error":"this relay takes new members by invitation, and each works once: ask its operator to invite you, then use the name you were given, with its code if there is one","op":"quit"}
B! ended
B> {"op":TmtpRev,"id":"1"}
B< {"auth":1,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
B> {"op":Register,"newnode":"x","newalias":"bob",
	"oidc":{"id_token":"$token-bob"}}
B< {"nodeid":"$node-B","noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}

# Closed is closed.
conf {"auth":1,"register":"closed",
	"auth_replaces_invitation":true,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
C> {"op":TmtpRev,"id":"1"}
C< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
C> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-carol"}}
C< {"error":"this relay takes no new members","op":"quit"}
C! ended
