# Nobody can be called in a group what another has registered, nor what
# another is called in it; and who would have to be called so cannot be invited.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join","newalias":"Carol"}
B< {"error":"this name is already taken: Carol","id":"2","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"3","gid":"Club","act":"join","newalias":"club"}
B< {"error":"this name is already taken: club","id":"3","msgid":"","op":"ack","posted":""}
B> {"op":GroupEdit,"id":"4","gid":"Club","act":"join","newalias":"Zoe"}
B< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","newalias":"Zoe","op":"member","posted":"$date-4"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-4","newalias":"Zoe","op":"member","posted":"$date-4"}

C> {"op":UserEdit,"id":"5","newalias":"zoe"}
C< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id-5","newalias":"zoe",
	"op":"user","posted":"$date-5"}
A> {"op":GroupInvite,"id":"6","gid":"Club","from":"alice","to":"zoe","datalen":0}
A< {"error":"another member of the group is called zoe","id":"6","msgid":"",
	"op":"ack","posted":""}

# An invitation uses up a single-use alias.
C> {"op":UserEdit,"id":"7","newalias":"once","uses":1}
C< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id-7","newalias":"once",
	"op":"user","posted":"$date-7","uses":1}
A> {"op":GroupInvite,"id":"8","gid":"Club","from":"alice","to":"once","datalen":0}
A< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"act":"invite","alias":"once","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-9","op":"member","posted":"$date-8"}
B< {"act":"invite","alias":"once","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-9","op":"member","posted":"$date-8"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-8","op":"invite","posted":"$date-8","to":"once"}
B> {"op":Ping,"id":"9","from":"bob","to":"once","datalen":0}
B< {"error":"nobody has the alias once","id":"9","msgid":"","op":"ack","posted":""}

# What an error names is cut, and never in the middle of a character.
A> {"op":Post,"id":"10","for":[{"id":"xéééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé","type":1}],"datalen":0}
A< {"error":"no user has the uid xééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé",
	"id":"10","msgid":"","op":"ack","posted":""}
