"""Removal of control characters from text that is printed on a terminal."""

from boks_exporter.text.harmless import harmless

__all__ = ["harmless"]
