# Each request of a group, of moderators, of a cork and of nodes: done before a
# crash, whose ack is lost with it, and sent again, it is done once.

member A alice
member B bob
member C carol
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-1","op":"invite","posted":"$date-1","to":"bob"}
A< {"act":"invite","alias":"bob","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-1m","op":"member",
	"posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join","newalias":"Bobby"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","newalias":"Bobby","op":"member",
	"posted":"$date-2"}
B< {"act":"join","alias":"bob","datalen":0,"from":"$uid-B","gid":"Club",
	"headsum":$sum,"id":"$id-2","newalias":"Bobby","op":"member",
	"posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-3","op":"invite","posted":"$date-3","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-3m","op":"member",
	"posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"drop","to":"carol"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
B< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
C< {"act":"drop","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-4","op":"member",
	"posted":"$date-4"}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
C< {"alias":"alice","datalen":0,"from":"$uid-A","gid":"Club","headsum":$sum,
	"id":"$id-5","op":"invite","posted":"$date-5","to":"carol"}
A< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member",
	"posted":"$date-5"}
B< {"act":"invite","alias":"carol","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-5m","op":"member",
	"posted":"$date-5"}
C> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
C< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
B< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
C< {"act":"join","alias":"carol","datalen":0,"from":"$uid-C","gid":"Club",
	"headsum":$sum,"id":"$id-6","op":"member",
	"posted":"$date-6"}
A> {"op":GroupEdit,"id":"7","gid":"Club","act":"moderator","to":"bobby","on":true}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
A< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7","on":true,"op":"member",
	"posted":"$date-7"}
B< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7","on":true,"op":"member",
	"posted":"$date-7"}
C< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-7","on":true,"op":"member",
	"posted":"$date-7"}
A! acks
B! acks
C! acks
C> {"op":Post,"id":"8","for":[{"id":"Club","type":3}],"datalen":2} | Hi
C< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | Hi
B< {"datalen":2,"from":"$uid-C","headsum":$sum,"id":"$id-8",
	"moderate":"Club","op":"delivery","posted":"$date-8"} | Hi
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"pass","msgid":"$id-8"}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C> {"op":Post,"id":"10","for":[{"id":"Club","type":3}],"datalen":70000} | @70000x
C< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
A< {"datalen":70000,"from":"$uid-C","headsum":$sum,"id":"$id-10","moderate":"Club",
	"op":"delivery","posted":"$date-10"} | @70000x
B< {"datalen":70000,"from":"$uid-C","headsum":$sum,"id":"$id-10","moderate":"Club",
	"op":"delivery","posted":"$date-10"} | @70000x
B> {"op":GroupEdit,"id":"11","gid":"Club","act":"reject","msgid":"$id-10"}
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
C< {"act":"reject","datalen":0,"from":"$uid-B","gid":"Club","headsum":$sum,
	"id":"$id-11","msgid":"$id-10","op":"member","posted":"$date-11"}
A! acks
B! acks
C! acks
A> {"op":GroupEdit,"id":"12","gid":"Club","act":"moderator","to":"bobby","on":false}
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
A< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12","on":false,"op":"member",
	"posted":"$date-12"}
B< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12","on":false,"op":"member",
	"posted":"$date-12"}
C< {"act":"moderator","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-12","on":false,"op":"member",
	"posted":"$date-12"}
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"drop","to":"Bobby"}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
A< {"act":"drop","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
B< {"act":"drop","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
C< {"act":"drop","alias":"Bobby","datalen":0,"from":"$uid-A","gid":"Club",
	"headsum":$sum,"id":"$id-13","op":"member",
	"posted":"$date-13"}
C> {"op":UserEdit,"id":"14","cork":"2026-01-01T00:01:00.000Z"}
C< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
C< {"cork":"2026-01-01T00:01:00.000Z","datalen":0,"from":"$uid-C","headsum":$sum,
	"id":"$id-14","op":"user","posted":"$date-14"}
C> {"op":UserEdit,"id":"15","cork":""}
C< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
C< {"cork":"","datalen":0,"from":"$uid-C","headsum":$sum,
	"id":"$id-15","op":"user","posted":"$date-15"}
C> {"op":UserEdit,"id":"16","newnode":"phone"}
C< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id-16","newnode":"phone",
	"nodeid":"$node-C2","noderef":"2","op":"user","posted":"$date-16"}
C> {"op":UserEdit,"id":"17","dropnode":"2","after":true}
C< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
C< {"after":true,"datalen":0,"dropnode":"2","from":"$uid-C","headsum":$sum,
	"id":"$id-17","op":"user","posted":"$date-17"}
A! acks
B! acks
C! acks

crash
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C! acks
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join","newalias":"Bobby"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"drop","to":"carol"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
C> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
C< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A> {"op":GroupEdit,"id":"7","gid":"Club","act":"moderator","to":"bobby","on":true}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
C> {"op":Post,"id":"8","for":[{"id":"Club","type":3}],"datalen":2} | Hi
C< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"pass","msgid":"$id-8"}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C> {"op":Post,"id":"10","for":[{"id":"Club","type":3}],"datalen":70000} | @70000x
C< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
B> {"op":GroupEdit,"id":"11","gid":"Club","act":"reject","msgid":"$id-10"}
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
A> {"op":GroupEdit,"id":"12","gid":"Club","act":"moderator","to":"bobby","on":false}
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"drop","to":"Bobby"}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
C> {"op":UserEdit,"id":"14","cork":"2026-01-01T00:01:00.000Z"}
C< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
C> {"op":UserEdit,"id":"15","cork":""}
C< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
C> {"op":UserEdit,"id":"16","newnode":"phone"}
C< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
C> {"op":UserEdit,"id":"17","dropnode":"2","after":true}
C< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
A! silent
B! silent
C! silent

restart
A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
A! acks
B> {"op":TmtpRev,"id":"1"}
B> {"op":Login,"uid":"$uid-B","node":"$node-B"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"info":"login ok","op":"info"}
B< {"datalen":0,"from":"$uid-B","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
B! acks
C> {"op":TmtpRev,"id":"1"}
C> {"op":Login,"uid":"$uid-C","node":"$node-C"}
C< {"id":"1","name":"test","op":"tmtprev"}
C< {"info":"login ok","op":"info"}
C< {"datalen":0,"from":"$uid-C","headsum":$sum,"id":"$id","label":"x","node":"1",
	"op":"login","posted":"$date"}
C! acks
A> {"op":GroupInvite,"id":"1","gid":"Club","from":"alice","to":"bob","kind":"moderated","datalen":0}
A< {"id":"1","msgid":"$id-1","op":"ack","posted":"$date-1"}
B> {"op":GroupEdit,"id":"2","gid":"Club","act":"join","newalias":"Bobby"}
B< {"id":"2","msgid":"$id-2","op":"ack","posted":"$date-2"}
A> {"op":GroupInvite,"id":"3","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"3","msgid":"$id-3","op":"ack","posted":"$date-3"}
C> {"op":GroupEdit,"id":"4","gid":"Club","act":"drop","to":"carol"}
C< {"id":"4","msgid":"$id-4","op":"ack","posted":"$date-4"}
A> {"op":GroupInvite,"id":"5","gid":"Club","from":"alice","to":"carol","datalen":0}
A< {"id":"5","msgid":"$id-5","op":"ack","posted":"$date-5"}
C> {"op":GroupEdit,"id":"6","gid":"Club","act":"join"}
C< {"id":"6","msgid":"$id-6","op":"ack","posted":"$date-6"}
A> {"op":GroupEdit,"id":"7","gid":"Club","act":"moderator","to":"bobby","on":true}
A< {"id":"7","msgid":"$id-7","op":"ack","posted":"$date-7"}
C> {"op":Post,"id":"8","for":[{"id":"Club","type":3}],"datalen":2} | Hi
C< {"id":"8","msgid":"$id-8","op":"ack","posted":"$date-8"}
A> {"op":GroupEdit,"id":"9","gid":"Club","act":"pass","msgid":"$id-8"}
A< {"id":"9","msgid":"$id-9","op":"ack","posted":"$date-9"}
C> {"op":Post,"id":"10","for":[{"id":"Club","type":3}],"datalen":70000} | @70000x
C< {"id":"10","msgid":"$id-10","op":"ack","posted":"$date-10"}
B> {"op":GroupEdit,"id":"11","gid":"Club","act":"reject","msgid":"$id-10"}
B< {"id":"11","msgid":"$id-11","op":"ack","posted":"$date-11"}
A> {"op":GroupEdit,"id":"12","gid":"Club","act":"moderator","to":"bobby","on":false}
A< {"id":"12","msgid":"$id-12","op":"ack","posted":"$date-12"}
A> {"op":GroupEdit,"id":"13","gid":"Club","act":"drop","to":"Bobby"}
A< {"id":"13","msgid":"$id-13","op":"ack","posted":"$date-13"}
C> {"op":UserEdit,"id":"14","cork":"2026-01-01T00:01:00.000Z"}
C< {"id":"14","msgid":"$id-14","op":"ack","posted":"$date-14"}
C> {"op":UserEdit,"id":"15","cork":""}
C< {"id":"15","msgid":"$id-15","op":"ack","posted":"$date-15"}
C> {"op":UserEdit,"id":"16","newnode":"phone"}
C< {"id":"16","msgid":"$id-16","op":"ack","posted":"$date-16"}
C> {"op":UserEdit,"id":"17","dropnode":"2","after":true}
C< {"id":"17","msgid":"$id-17","op":"ack","posted":"$date-17"}
A! silent
B! silent
C! silent
