# Who may not invite, or cannot be invited.

member A alice
member B bob
member C carol

A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"dave","datalen":0}
A< {"error":"nobody has the alias dave","id":"1","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"2","gid":"Club","from":"alice","to":"alice","datalen":0}
A< {"error":"this alias is your own: alice","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"carol","to":"bob","datalen":0}
A< {"error":"you have no alias carol","id":"3","msgid":"","op":"ack","posted":""}

# Aliases and groups share one name space.
A> {"op":GroupInvite,"id":"4","gid":"Carol","from":"alice","to":"bob","datalen":0}
A< {"error":"this name is already taken: Carol","id":"4","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"5","gid":" ","from":"alice","to":"bob","datalen":0}
A< {"error":"this name has a leading or trailing space, an unusual space, or an unprintable character:  ",
	"id":"5","msgid":"","op":"ack","posted":""}

# The text is as short as a ping's.
A> {"op":GroupInvite,"id":"6","gid":"Club","from":"alice","to":"bob","datalen":421} | @421a
A< {"error":"datalen is 421, but at most 420 is allowed","id":"6","msgid":"",
	"op":"ack","posted":""}

A> {"op":GroupInvite,"id":"7","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-7"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-7","op":"invite","posted":"$date-7","to":"bob"}

# Only who has joined may invite; the invited has not yet, and a stranger is
# not told whether there is such a group.
B> {"op":GroupInvite,"id":"8","gid":"Club","from":"bob","to":"carol","datalen":0}
B< {"error":"you are not a member of group Club","id":"8","msgid":"","op":"ack","posted":""}
C> {"op":GroupInvite,"id":"9","gid":"Club","from":"carol","to":"bob","datalen":0}
C< {"error":"you are not a member of group Club","id":"9","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"10","newalias":"CLUB"}
A< {"error":"AddAlias: alias CLUB already taken","id":"10","msgid":"","op":"ack","posted":""}

B> {"op":GroupEdit,"id":"11","gid":"Club","act":"join"}
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-11","op":"member","posted":"$date"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-11","op":"member","posted":"$date"}
A> {"op":GroupInvite,"id":"12","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"error":"already a member of the group: bob","id":"12","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"13","gid":"Club","to":"bob","datalen":0}
A< {"error":"GroupInvite (op 5) needs from","op":"quit"}
A! ended
