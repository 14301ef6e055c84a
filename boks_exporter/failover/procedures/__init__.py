"""The procedures as tables: which step follows which, what each needs and what it proves."""
