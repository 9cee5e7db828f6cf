# Every reason for which somebody is not authenticated.

conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
# Without a token.
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice"}
A< {"error":"authentication required","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":null}
A< {"error":"authentication required","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"scope":"openid"}}
A< {"error":"authentication required: oidc has no id_token","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"id_token":null}}
A< {"error":"authentication required: oidc has no id_token","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":"x"}
A< {"error":"invalid header","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"id_token":1}}
A< {"error":"invalid header","op":"quit"}
A! ended
# What is no token.
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"id_token":""}}
A< {"error":"authentication required: the token does not have three parts","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"id_token":"a.b"}}
A< {"error":"authentication required: the token does not have three parts","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","oidc":{"id_token":"+.a.a"}}
A< {"error":"authentication required: the token is not base64url","op":"quit"}
A! ended
# Tokens that are wrong.
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-other-issuer"}}
A< {"error":"authentication required: none of this relay's providers has the token's issuer and audience; its issuer is https://id.example/","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-other-audience"}}
A< {"error":"authentication required: none of this relay's providers has the token's issuer and audience; its issuer is https://id.example","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-expired"}}
A< {"error":"authentication required: the token has expired","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-early"}}
A< {"error":"authentication required: the token is not valid yet","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-forged"}}
A< {"error":"authentication required: the token's signature is wrong","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-other-key"}}
A< {"error":"authentication required: no key has the token's kid and alg","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-es256"}}
A< {"error":"authentication required: no key has the token's kid and alg","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-none"}}
A< {"error":"authentication required: the token's alg is not RS256 or ES256","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-hs256"}}
A< {"error":"authentication required: the token's alg is not RS256 or ES256","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-no-sub"}}
A< {"error":"authentication required: the token lacks sub, iss, aud, exp or iat","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-too-long"}}
A< {"error":"authentication required: the token's sub is longer than 255 bytes or has a control character","op":"quit"}
A! ended
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x","newalias":"alice",
	"oidc":{"id_token":"$token-control"}}
A< {"error":"authentication required: the token's sub is longer than 255 bytes or has a control character","op":"quit"}
A! ended

# A provider whose keys the relay could not read.
conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/no.json",
	"iss":"https://id.example","aud":"mnm"}]}
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
A< {"error":"authentication required: this relay does not have the provider's keys at present: try again later","op":"quit"}
A! ended

# Nobody has registered meanwhile.  A token expires as time passes; clocks may
# be a minute apart.
conf {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm","a=<b>"],"token":["https://id.example/token"],
	"std":["scope=openid"],"keys":"test/talk/keys.json",
	"iss":"https://id.example","aud":"mnm"}]}
+3659s
A> {"op":TmtpRev,"id":"1"}
A< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
A> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-alice"}}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
+1s
B> {"op":TmtpRev,"id":"1"}
B< {"auth":1,"authby":[{"label":"Example","login":["https://id.example/login",
	"client_id=mnm\u0026a=\u003cb\u003e\u0026scope=openid"],
	"token":["https://id.example/token","scope=openid"]}],
	"id":"1","name":"test","op":"tmtprev"}
B> {"op":Register,"newnode":"x",
	"oidc":{"id_token":"$token-bob"}}
B< {"error":"authentication required: the token has expired","op":"quit"}
B! ended
