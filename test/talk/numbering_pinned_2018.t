# The configuration can pin one numbering.

ops 2018
member A alice
A> {"op":12}
A< {"error":"this request uses the ops' 2020 numbering, but this connection uses that of 2018","op":"quit"}
A! ended
