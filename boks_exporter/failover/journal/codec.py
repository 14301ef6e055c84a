"""Plans and readings as JSON and back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.failover.plan import Basis, Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Stretch, When
from boks_exporter.model import HostName, TableNumber


def dump_plan(plan: Plan) -> str:
    """Write a plan."""
    data = asdict(plan)
    data["sound"] = data.pop("healthy")
    return json.dumps(data, separators=(",", ":"))


def read_plan(text: str) -> Plan:
    """Read a plan; raises ValueError, KeyError or TypeError for what is none."""
    data = json.loads(text)
    data["healthy"] = data.pop("sound", ())
    # Older programs gave up after a comparison of its own; a master that is stopped for it is started again.
    for before, step in pairwise(data["steps"]):
        before["stretch"] = Stretch.UNDO if step.get("gives_up") else before.get("stretch", Stretch.NONE)
    steps = tuple(_step(step) for step in data.pop("steps"))
    procedure = Procedure(data.pop("procedure"))
    return Plan(procedure=procedure, steps=steps, **{key: _tuples(value) for key, value in data.items()})


def _step(data: dict[str, Any]) -> ProcedureStep:
    for key in ("last_line", "prefers", "gives_up"):  # older programs stored what follows from the words or the kind
        data.pop(key, None)
    for key in ("needs", "proves", "undo_needs"):
        data[key] = tuple(_claim(each) for each in data.get(key, ()))
    data |= {"kind": StepKind(data["kind"]), "when": When(data.get("when", When.ALWAYS))}
    data["stretch"] = Stretch(data.get("stretch", Stretch.NONE))
    return ProcedureStep(**{key: _tuples(value) for key, value in data.items()})


def _claim(data: dict[str, Any]) -> Claim:
    return Claim(ClaimKind(data["kind"]), data["host"], data["other"], data["number"])


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def dump_numbers(numbers: Numbers) -> str:
    """Write a server's numbers."""
    return json.dumps({str(table): list(mark) for table, mark in numbers.items()}, separators=(",", ":"))


def read_numbers(text: str) -> Numbers:
    """Read a server's numbers."""
    return {int(table): (int(mark[0]), mark[1]) for table, mark in json.loads(text).items()}


def dump_basis(basis: Basis) -> str:
    """Write what a plan rests on."""
    return json.dumps(basis, separators=(",", ":"))


def read_basis(text: str) -> Basis:
    """Read what a plan rested on."""
    return tuple((str(key), str(value)) for key, value in json.loads(text))


def dump_findings(findings: Iterable[Finding]) -> str:
    """Write the names, hosts, levels and values of findings."""
    return json.dumps([(each.guard, each.level, each.host, each.value) for each in findings], separators=(",", ":"))


def read_findings(text: str) -> tuple[Finding, ...]:
    """Read findings; their sentences are not stored."""
    return tuple(
        Finding(Guard(guard), Level(level), "", host, value=value) for guard, level, host, value in json.loads(text)
    )


def dump_above(above: Mapping[HostName, Mapping[TableNumber, int]]) -> str:
    """Write what copies have above a fork point."""
    return json.dumps({host: {str(table): count for table, count in tables.items()} for host, tables in above.items()})


def read_above(text: str) -> dict[HostName, dict[TableNumber, int]]:
    """Read what copies had above a fork point."""
    data = json.loads(text)
    return {host: {int(table): int(count) for table, count in tables.items()} for host, tables in data.items()}
