"""Procedures as tables of steps, with what each needs and proves."""
