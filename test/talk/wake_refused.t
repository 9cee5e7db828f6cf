# What UserEdit wake refuses.

member A alice
A> {"op":UserEdit,"id":"1","wake":"https://fcm.googleapis.com/x"}
A< {"error":"this relay wakes no devices","id":"1","msgid":"","op":"ack","posted":""}

# But to end it is no mistake.
A> {"op":UserEdit,"id":"2","wake":""}
A< {"id":"2","msgid":"","op":"ack","posted":""}

conf {"push_contact":"mailto:me@example.org","push_hosts":["push.example.org","*.push.example"]}
A> {"op":UserEdit,"id":"3","wake":"http://fcm.googleapis.com/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not http://fcm.googleapis.com/x",
	"id":"3","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"4","wake":"HTTPS://fcm.googleapis.com/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not HTTPS://fcm.googleapis.com/x",
	"id":"4","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"5","wake":"fcm.googleapis.com"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not fcm.googleapis.com",
	"id":"5","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"6","wake":"https://"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://",
	"id":"6","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"7","wake":"https:///x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https:///x",
	"id":"7","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"8","wake":"https://fcm.googleapis.com"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com",
	"id":"8","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"9","wake":"https://fcm.googleapis.com:8443/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com:8443/x",
	"id":"9","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"10","wake":"https://fcm.googleapis.com:443"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com:443",
	"id":"10","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"11","wake":"https://me@fcm.googleapis.com/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://me@fcm.googleapis.com/x",
	"id":"11","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"12","wake":"https://fcm.googleapis.com@10.0.0.1/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com@10.0.0.1/x",
	"id":"12","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"13","wake":"https://FCM.googleapis.com/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://FCM.googleapis.com/x",
	"id":"13","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"14","wake":"https://[::1]/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://[::1]/x",
	"id":"14","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"15","wake":"https://fcm.googleapis.com/a b"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com/a b",
	"id":"15","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"16","wake":"https://fcm.googleapis.com/#a"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com/#a",
	"id":"16","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"17","wake":"https://fcm.googleapis.com?x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com?x",
	"id":"17","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"18","wake":"https://fcm.googleapis.com\\@a.b/x"}
A< {"error":"wake must be an https URL of at most 1024 bytes at port 443, or empty, not https://fcm.googleapis.com\\@a.b/x",
	"id":"18","msgid":"","op":"ack","posted":""}

# Bytes that would be a line of their own in a request.
A> {"op":UserEdit,"id":"19","wake":"https://fcm.googleapis.com/a\r\nHost: x"}
A< {"error":"$error","id":"19","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"20","wake":"https://fcm.googleapis.com/\u0000"}
A< {"error":"$error","id":"20","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"21","wake":"https://fcm.googleapis.com/ä"}
A< {"error":"$error","id":"21","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"22","wake":"https://fcm.googleapis.com/\u007f"}
A< {"error":"$error","id":"22","msgid":"","op":"ack","posted":""}

# One byte too long.
A> {"op":UserEdit,"id":"23","wake":"https://fcm.googleapis.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
A< {"error":"$error","id":"23","msgid":"","op":"ack","posted":""}

# Services that nobody has named, and names that only look like one.
A> {"op":UserEdit,"id":"24","wake":"https://10.0.0.1/x"}
A< {"error":"this relay does not use the push service 10.0.0.1",
	"id":"24","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"25","wake":"https://localhost/x"}
A< {"error":"this relay does not use the push service localhost",
	"id":"25","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"26","wake":"https://evil.example/fcm.googleapis.com"}
A< {"error":"this relay does not use the push service evil.example",
	"id":"26","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"27","wake":"https://fcm.googleapis.com.evil.example/x"}
A< {"error":"this relay does not use the push service fcm.googleapis.com.evil.example",
	"id":"27","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"28","wake":"https://xfcm.googleapis.com/x"}
A< {"error":"this relay does not use the push service xfcm.googleapis.com",
	"id":"28","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"29","wake":"https://a.fcm.googleapis.com/x"}
A< {"error":"this relay does not use the push service a.fcm.googleapis.com",
	"id":"29","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"30","wake":"https://push.apple.com/x"}
A< {"error":"this relay does not use the push service push.apple.com",
	"id":"30","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"31","wake":"https://.push.apple.com/x"}
A< {"error":"this relay does not use the push service .push.apple.com",
	"id":"31","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"32","wake":"https://evilpush.apple.com/x"}
A< {"error":"this relay does not use the push service evilpush.apple.com",
	"id":"32","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"33","wake":"https://push.example/x"}
A< {"error":"this relay does not use the push service push.example",
	"id":"33","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"34","wake":"https://a.push.example.org/x"}
A< {"error":"this relay does not use the push service a.push.example.org",
	"id":"34","msgid":"","op":"ack","posted":""}

# Two things at once, and a value of the wrong type.
A> {"op":UserEdit,"id":"35","wake":"","newnode":"y"}
A< {"error":"UserEdit takes one of newnode, newalias, dropnode, dropalias, cork, wake, block and unblock",
	"id":"35","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"36","wake":["https://fcm.googleapis.com/x"]}
A< {"error":"invalid header","op":"quit"}
A! ended
