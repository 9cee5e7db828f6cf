# From connecting to login a client has 10 seconds, however much it sends.

A> {"op":TmtpRev,"id":"1"}
A< {"id":"1","name":"test","op":"tmtprev"}
+9s
A> "0"
+999ms
A! silent
+1ms
A< {"error":"no login within 10 seconds","op":"quit"}
A! ended
