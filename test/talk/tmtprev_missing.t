# Nothing is answered before TmtpRev, but with a quit.

A> {"op":Login,"uid":"x","node":"y"}
A< {"error":"Login is not allowed now: TmtpRev must come first","op":"quit"}
A! ended

A> {"op":Pulse}
A< {"error":"Pulse is not allowed now: TmtpRev must come first","op":"quit"}
A! ended

A> {"op":TmtpRev}
A< {"error":"TmtpRev (op 0) needs id","op":"quit"}
A! ended
