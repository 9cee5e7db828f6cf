# With auth 2, who registered with a token logs in with one of the same person.

member C carol
C! lost
conf {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
A! lost
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A",
	"oidc":{"id_token":"$token-alice-again"}}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x",
	"node":"1","op":"login","posted":"$date"}
A! acks
A! lost
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"authentication required","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A",
	"oidc":{"id_token":"$token-bob"}}
A< {"error":"authentication required: the token is another person's","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A",
	"oidc":{"id_token":"$token-service"}}
A< {"error":"authentication required: none of this relay's providers has the token's issuer and audience; its issuer is https://service.example","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A",
	"oidc":{"id_token":"$token-forged"}}
A< {"error":"authentication required: the token's signature is wrong","op":"quit"}
A! ended

# Also if an empty provider makes it optional to register with one.
conf {"auth":2,"authby":[{},
	{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"authentication required","op":"quit"}
A! ended

# It is remembered.
crash
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"authentication required","op":"quit"}
A! ended
restart
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"error":"authentication required","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A",
	"oidc":{"id_token":"$token-alice"}}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x",
	"node":"1","op":"login","posted":"$date"}
A! acks
A! lost

# Who registered without one logs in without one.
C> {"op":TmtpRev,"id":"1"}
C< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x",
	"node":"1","op":"login","posted":"$date"}
C! acks
C! lost

# The password comes first: a token alone is not enough.
A> {"op":TmtpRev,"id":"1"}
A< {"auth":2,"authby":[{"label":"","login":[],"token":[]},{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"x","oidc":{"id_token":"$token-alice"}}
A< {"error":"login failed: unknown user or node","op":"quit"}
A! ended
