# If the alias cannot be had, the account exists without it.  Two names that
# differ only in case or in runs of spaces are the same name.

member A alice

B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newnode":"x","newalias":"ALICE"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"error":"AddAlias: alias ALICE already taken","nodeid":"$node-B",
	"noderef":"1","op":"registered","uid":"$uid-B"}
B< {"info":"login ok","op":"info"}
B! lost

B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newnode":"x","newalias":" bob"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"error":"AddAlias: alias  bob has a leading or trailing space, an unusual space, or an unprintable character",
	"nodeid":"$node","noderef":"1","op":"registered","uid":"$uid"}
B< {"info":"login ok","op":"info"}
B! lost

# The configuration may ask for longer names, which are harder to guess.
set alias_min 8
B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newnode":"x","newalias":"bobbob7"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"error":"AddAlias: alias bobbob7 is too short",
	"nodeid":"$node","noderef":"1","op":"registered","uid":"$uid"}
B< {"info":"login ok","op":"info"}
B! lost

B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newnode":"x","newalias":"12345678901234567890123456789012345678901234567890123456789012345"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"error":"AddAlias: alias 12345678901234567890123456789012345678901234567890123456789012345 is too long",
	"nodeid":"$node","noderef":"1","op":"registered","uid":"$uid"}
B< {"info":"login ok","op":"info"}
B! lost

# Without a label there is no node.
B> {"op":TmtpRev,"id":"1"}
B> {"op":Register,"newalias":"bob"}
B< {"id":"1","name":"test","op":"tmtprev"}
B< {"error":"Register (op 1) needs newnode","op":"quit"}
B! ended
