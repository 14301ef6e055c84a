"""`init`: the files of a first installation, from a master's name to a complete configuration."""
