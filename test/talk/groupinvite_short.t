# The configuration may ask for longer names.  In 2020 that goes for groups, too,
# when one is made; in 2018 it did not, and such groups stay as they are.

ops 2020
member A alice
member B bob
set alias_min 4
A> {"op":GroupInvite,"id":"1","gid":"Bee","from":"alice","to":"bob","datalen":0}
A< {"error":"this name is too short: Bee","id":"1","msgid":"","op":"ack","posted":""}
# Characters are counted, not bytes.
A> {"op":GroupInvite,"id":"2","gid":"Bée","from":"alice","to":"bob","datalen":0}
A< {"error":"this name is too short: Bée","id":"2","msgid":"","op":"ack","posted":""}
A> {"op":GroupInvite,"id":"3","gid":"Bées","from":"alice","to":"bob","datalen":0}
A= 3
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Bées",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Bées","headsum":$sum,
	"id":"$id","op":"invite","posted":"$date","to":"bob"}
