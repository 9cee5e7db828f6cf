# A client may make the password of its first device itself.  If the answer is
# lost, it asks again with it, and gets the account that was made.

A> {"op":TmtpRev,"id":"1"}
A> {"op":Register,"newnode":"x","newalias":"Alice","node":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"nodeid":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Register,"newnode":"y","newalias":"ALICE","node":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"nodeid":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-0","label":"x","node":"1",
	"op":"login","posted":"$date-0"}
A> {"op":Ack,"id":"$id-0","type":"ok"}

# What came for it meanwhile is there; the older connection ends.
member B bob
B> {"op":Ping,"id":"p","from":"bob","to":"alice","datalen":0}
B< {"id":"p","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"alias":"bob","datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-1",
	"op":"ping","posted":"$date-1","to":"Alice"}
C> {"op":TmtpRev,"id":"1"}
C> {"op":Register,"newnode":"x","newalias":"Alice","node":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"nodeid":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456","noderef":"1","op":"registered","uid":"$uid-A"}
C< {"info":"login ok","op":"info"}
C< {"alias":"bob","datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id-1",
	"op":"ping","posted":"$date-1","to":"Alice"}
C< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-2","label":"x","node":"1",
	"op":"login","posted":"$date-2"}
A< {"error":"replaced by a newer login","op":"quit"}
A! ended

# Another password is another user's, whose alias is taken.
D> {"op":TmtpRev,"id":"1"}
D> {"op":Register,"newnode":"x","newalias":"Alice","node":"%%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456"}
D< {"id":"1","name":"test","op":"tmtprev"}
D< {"error":"AddAlias: alias Alice already taken","nodeid":"%%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456",
	"noderef":"1","op":"registered","uid":"$uid-D"}
D< {"info":"login ok","op":"info"}

# And so is what has no alias.
E> {"op":TmtpRev,"id":"1"}
E> {"op":Register,"newnode":"x","node":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456"}
E< {"id":"1","name":"test","op":"tmtprev"}
E< {"nodeid":"1%+23456789BCDFGHJKLMNPQRSTVWXYZ1%+23456","noderef":"1","op":"registered","uid":"$uid-E"}
E< {"info":"login ok","op":"info"}

# Something else is no password.
F> {"op":TmtpRev,"id":"1"}
F> {"op":Register,"newnode":"x","newalias":"Fred","node":"letmein"}
F< {"id":"1","name":"test","op":"tmtprev"}
F< {"error":"node must be a nodeid: 40 characters of %+123456789BCDFGHJKLMNPQRSTVWXYZ","op":"quit"}
F! ended
