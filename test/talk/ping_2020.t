# In the numbering of 2020 it may not.

ops 2020
member A alice
member B bob
A> {"op":9,"id":"1","to":"bob","datalen":2} | hi
A< {"error":"Ping (op 9) needs from","op":"quit"}
A! ended
