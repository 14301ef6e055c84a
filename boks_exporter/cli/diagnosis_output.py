"""A diagnosis as text and as JSON."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from boks_exporter.cli.sanitize import harmless
from boks_exporter.diagnosis.result import Cause, Diagnosis, DiagnosisStep, StepFinding

_SHAPES: Final = {StepFinding.FINE: "✓", StepFinding.FAULT: "■", StepFinding.UNKNOWN: "?", StepFinding.MANUAL: "·"}
_LABEL: Final = 13
_WITHOUT_TERMINAL: Final = 10_000
_NARROWEST: Final = 60


def as_json(found: Diagnosis) -> dict[str, Any]:
    """Write every part; keys are only ever added."""
    causes = [_cause(cause) for cause in found.causes]
    return {
        "domain": found.domain,
        "host": found.host,
        "state": found.state,
        "reason": found.reason,
        "steps": [_step(step) for step in found.steps],
        "cause": causes[0] if causes else None,
        "other_causes": causes[1:],
        "unknown_steps": list(found.unknown),
    }


def _step(step: DiagnosisStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "title": step.title,
        "finding": step.finding,
        "looked_at": step.looked_at,
        "found": step.found,
        "means": step.means,
        "certainty": step.certainty,
        "source": step.source,
        "next": step.next,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "name": cause.rank.name.lower(),
        "cause": cause.what,
        "because": cause.because,
        "command": cause.command,
        "certainty": cause.certainty,
        "source": cause.source,
    }


def as_text(found: Diagnosis) -> Iterator[str]:
    """Format the steps in order, and the most likely cause at the end, where a terminal shows it."""
    yield harmless(f"{found.host} ({found.domain}): {found.state} - {found.reason}")
    for step in found.steps:
        yield ""
        yield harmless(f"{_SHAPES[step.finding]} {step.number} {step.title}: {step.finding}")
        yield from _field("looked at", step.looked_at)
        yield from _field("found", step.found)
        yield from _field("means", step.means)
        yield from _field("how sure", f"{step.certainty}: {step.source}")
        yield from _field("next", step.next)
    yield ""
    yield from _conclusion(found)


def _conclusion(found: Diagnosis) -> Iterator[str]:
    if not found.causes:
        unknown = f"; not everything could be read (step {', '.join(map(str, found.unknown))})" if found.unknown else ""
        yield f"no fault was found{unknown}"
        return
    first = found.causes[0]
    yield from _field("most likely", first.what, indent="")
    yield from _field("because", first.because)
    yield from _field("how sure", f"{first.certainty}: {first.source}")
    for other in found.causes[1:]:
        yield from _field("also found", f"{other.what}; {other.command}")
    yield from _field("do this", first.command, indent="")


def _field(label: str, text: str, indent: str = "  ") -> Iterator[str]:
    """Wrap a labelled text to the terminal; commands stay whole words."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WITHOUT_TERMINAL
    begin = f"{indent}{label}:".ljust(_LABEL + 1)
    yield from textwrap.wrap(
        harmless(text),
        max(width, _NARROWEST),
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )
