# TmtpRev is the first request on a connection.  There is one revision; who
# asks for another is told so.

A> {"op":TmtpRev,"id":"1"}
A< {"id":"1","name":"test","op":"tmtprev"}
A! silent
A! lost

A> {"op":TmtpRev,"id":"2"}
A< {"id":"1","name":"test","op":"tmtprev"}

# A second one is an error of the protocol.
A> {"op":TmtpRev,"id":"1"}
A< {"error":"TmtpRev is not allowed now: Register or Login must come next","op":"quit"}
A! ended
