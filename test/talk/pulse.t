# Pulse keeps a connection alive: it is ended when nothing was received from the
# client for 150 seconds.

ops 2020
member A alice
member B bob
+115s
A> {"op":11}
+34s
A! silent
B! silent
+1s
B< {"error":"nothing received for 150 seconds","op":"quit"}
B! ended
+80s
A> {"op":Pulse}
+149s
A! silent
+1s
A< {"error":"nothing received for 150 seconds","op":"quit"}
A! ended
