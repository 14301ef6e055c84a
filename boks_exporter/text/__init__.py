"""Durations, sizes and lists as text, for every package."""
