"""Parsers of command output; each accounts for every line and raises nothing but ParseError."""
