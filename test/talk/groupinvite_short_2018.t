# In 2018 the length of a group's name is not limited by alias_min.

ops 2018
member A alice
member B bob
set alias_min 4
A> {"op":GroupInvite,"id":"1","gid":"B","from":"alice","to":"bob","datalen":0}
A= 1
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"B",
	"headsum":$sum,"id":"$id","op":"member","posted":"$date"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"B","headsum":$sum,
	"id":"$id","op":"invite","posted":"$date","to":"bob"}
