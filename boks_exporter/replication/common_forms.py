"""Forms of lines that the master and every replica print in the same way.

Real output of BoKS may contain lines of an unknown form, such as a header. A line whose form is the same on all servers
for many rounds is such a line, and not a row that one server could not read.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Final

from boks_exporter.model import DomainSnapshot, Role, SequenceReport

ROUNDS: Final = 20
"""Successive rounds after which a form is common."""

_MOST_FORMS: Final = 100


def counted(known: Mapping[str, int], snapshot: DomainSnapshot) -> Mapping[str, int]:
    """Count the rounds in which each form was common; a round without master or replicas counts for nothing."""
    shown = [seen.sequences for seen in snapshot.observed() if seen.role is Role.REPLICA and seen.sequences]
    masters = [reading.sequences for reading in snapshot.master_readings if reading.host == snapshot.master]
    if not shown or not masters:
        return known
    common = set.intersection(*map(_forms, (*masters, *shown)))
    return {form: min(known.get(form, 0) + 1, ROUNDS) for form in islice(sorted(common), _MOST_FORMS)}


def _forms(report: SequenceReport) -> set[str]:
    return {line.form for line in report.suspect_lines if not line.is_row}
