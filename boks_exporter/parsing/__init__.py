"""From what the hosts print to facts; each parser accounts for every line and raises nothing but ParseError."""
