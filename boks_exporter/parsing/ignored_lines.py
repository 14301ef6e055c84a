"""Unread lines that the configuration names as known (`parsing.ignore_lines`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from boks_exporter.model import UnreadLine

_MATCHED: Final = 500
"""Characters of a line that a pattern is matched against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """A pattern for whole lines, without the blanks around them, and the reason why they hide nothing."""

    pattern: str
    reason: str


def mark_ignored(fact: Any, rules: Sequence[IgnoreRule]) -> Any:
    """Return a fact whose unread lines have the reason of the first rule that matches.

    A line that stands for a flood is none of them: the others' text is not known.
    """
    if not rules or not fact.unread_lines:
        return fact
    return replace(fact, unread_lines=tuple(_marked(line, rules) for line in fact.unread_lines))


def _marked(line: UnreadLine, rules: Sequence[IgnoreRule]) -> UnreadLine:
    if line.stands_for > 1:
        return line
    text = line.text[:_MATCHED].strip()
    reason = next((rule.reason for rule in rules if re.fullmatch(rule.pattern, text)), None)
    return line if reason is None else replace(line, ignored=reason)
