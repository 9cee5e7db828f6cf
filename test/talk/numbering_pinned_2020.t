# The configuration can pin one numbering: here 11 is never the seed's Quit.

ops 2020
member A alice
A> {"op":11}
A! silent
A> {"op":8,"id":"1","to":"alice","datalen":0}
A< {"error":"PostNotify (op 8) needs for","op":"quit"}
A! ended
