# A device says by which URL a push service wakes it, from where it wants; the
# relay's key is in tmtprev.  No other device hears of it.

conf {"push_contact":"mailto:me@example.org","push_hosts":["push.example.org","*.push.example"]}
A> {"op":TmtpRev,"id":"1"}
A< {"id":"1","name":"test","op":"tmtprev","wake":"BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"}
A> {"op":Register,"newnode":"x","newalias":"alice"}
A< {"nodeid":"$node-A","noderef":"1","op":"registered","uid":"$uid-A"}
A< {"info":"login ok","op":"info"}
A> {"op":UserEdit,"id":"2","wake":"https://fcm.googleapis.com/fcm/send/a:b-c_d?e=%20"}
A< {"id":"2","msgid":"","op":"ack","posted":""}

# The same again, and another one.
A> {"op":UserEdit,"id":"3","wake":"https://fcm.googleapis.com/fcm/send/a:b-c_d?e=%20"}
A< {"id":"3","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"4","wake":"https://updates.push.services.mozilla.com/wpush/v2/x"}
A< {"id":"4","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"5","wake":"https://web.push.apple.com/Q"}
A< {"id":"5","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"6","wake":"https://wns2-by3p.notify.windows.com/w/?token=x"}
A< {"id":"6","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"7","wake":"https://push.example.org:443/x"}
A< {"id":"7","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"8","wake":"https://a.push.example/x"}
A< {"id":"8","msgid":"","op":"ack","posted":""}

# The longest.
A> {"op":UserEdit,"id":"9","wake":"https://fcm.googleapis.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
A< {"id":"9","msgid":"","op":"ack","posted":""}

# None; and once more.
A> {"op":UserEdit,"id":"10","wake":""}
A< {"id":"10","msgid":"","op":"ack","posted":""}
A> {"op":UserEdit,"id":"11","wake":""}
A< {"id":"11","msgid":"","op":"ack","posted":""}
A! silent

# It is kept over a restart, and may be sent again then.
A> {"op":UserEdit,"id":"12","wake":"https://web.push.apple.com/Q"}
A< {"id":"12","msgid":"","op":"ack","posted":""}
crash
A> {"op":TmtpRev,"id":"1"}
A< {"id":"1","name":"test","op":"tmtprev","wake":"BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"}
A> {"op":Login,"uid":"$uid-A","node":"$node-A"}
A< {"info":"login ok","op":"info"}
A< {"datalen":0,"from":"$uid-A","headsum":$sum,"id":"$id-13","label":"x","node":"1",
	"op":"login","posted":"$date-13"}
A> {"op":UserEdit,"id":"12","wake":"https://web.push.apple.com/Q"}
A< {"id":"12","msgid":"","op":"ack","posted":""}
