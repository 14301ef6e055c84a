"""`check`: the report judged as a monitoring plugin does."""
