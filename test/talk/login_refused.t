# Whether the user or the password is wrong is not told.

member A alice
A! lost

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A","node":"%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"error":"login failed: unknown user or node","op":"quit"}
A! ended

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%","node":"$node-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"error":"login failed: unknown user or node","op":"quit"}
A! ended

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"alice","node":""}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"error":"login failed: unknown user or node","op":"quit"}
A! ended

A> {"op":TmtpRev,"id":"1"}
A> {"op":Login,"uid":"$uid-A"}
A< {"id":"1","name":"test","op":"tmtprev"}
A< {"error":"Login (op 2) needs node","op":"quit"}
A! ended
