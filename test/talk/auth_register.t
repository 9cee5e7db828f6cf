# A provider of identities vouches for those who register: tmtprev says where
# people find it, and Register carries what the client got there.  The relay
# looks at nothing of it but id_token.

conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"Alice",
	"oidc":{"id_token":"$token-alice","scope":"openid",
	"token_type":"Bearer","expires_in":3600,"access_token":"x","more":[{}]}}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
A! silent

# For one audience of several; and the longest sub.
B> {"op":TmtpRev,"id":"1"}
B< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
B> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-bob"}}
B< {"nodeid":"$node-B","noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}
C> {"op":TmtpRev,"id":"1"}
C< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
C> {"op":Register,"newnode":"x","newalias":"_",
	"oidc":{"id_token":"$token-long"}}
C< {"nodeid":"$node-C","noderef":"1","op":"registered","uid":"$uid-C"}
C< {"info":"login ok","op":"info"}

# One person, known to one issuer, registers once; also after a restart.
D> {"op":TmtpRev,"id":"1"}
D< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
D> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
D< {"error":"authentication required: this person is already registered here","op":"quit"}
D! ended
D> {"op":TmtpRev,"id":"1"}
D< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
D> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice-again"}}
D< {"error":"authentication required: this person is already registered here","op":"quit"}
D! ended
crash
D> {"op":TmtpRev,"id":"1"}
D< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
D> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
D< {"error":"authentication required: this person is already registered here","op":"quit"}
D! ended
restart
D> {"op":TmtpRev,"id":"1"}
D< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
D> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
D< {"error":"authentication required: this person is already registered here","op":"quit"}
D! ended

# The device itself logs in as ever.
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x",
	"node":"1","op":"login","posted":"$date"}

# Another issuer's alice is somebody else.
conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"},
	{"label":"Service","login":["https://service.example/"],
	"token":["https://service.example/"],"keys":"test/talk/keys.json",
	"iss":"https://service.example","aud":"mnm"}]}
E> {"op":TmtpRev,"id":"1"}
E< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]},
	{"label":"Service","login":["https://service.example/",""],
	"token":["https://service.example/",""]}],
	"id":"1","name":"test","op":"tmtprev"}
E> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-service"}}
E< {"nodeid":"$node-E","noderef":"1","op":"registered","uid":"$uid-E"}
E< {"info":"login ok","op":"info"}

# Unless one may register more than once.
conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm","many":true}]}
D> {"op":TmtpRev,"id":"1"}
D< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
D> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
D< {"nodeid":"$node-D","noderef":"1","op":"registered","uid":"$uid-D"}
D< {"info":"login ok","op":"info"}
