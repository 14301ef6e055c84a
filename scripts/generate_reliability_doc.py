"""Fill docs/reliability.md from the figures of `make fuzz`, `attack`, `durability` and `soak`; a test compares."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scripts.generated_blocks import ROOT, filled_page, write
from tests.bed.catalogue import KINDS

PAGE: Final = ROOT / "docs" / "reliability.md"
FUZZED: Final = ROOT / "docs" / "fuzzing.json"
"""Written by `make fuzz`."""
ATTACKED: Final = ROOT / "docs" / "attacks.json"
"""Written by `make attack`."""
ENDURED: Final = ROOT / "docs" / "durability.json"
"""Written by `make durability`."""
SOAKED: Final = ROOT / "docs" / "soak.json"
"""Written by `make soak`."""


def page() -> str:
    """Return the page with its table."""
    blocks = {"fuzzing": _fuzzing(), "attacks": _attacks(), "durability": _durability(), "soak": _soak()}
    return filled_page(PAGE, blocks)


def _fuzzing() -> Iterator[str]:
    rows = json.loads(FUZZED.read_text(encoding="utf-8"))
    yield "| reader | inputs | failed |"
    yield "|---|---:|---:|"
    for name in dict.fromkeys(row["target"] for row in rows):
        of_target = [row for row in rows if row["target"] == name]
        yield f"| {name} | {_total(of_target, 'executions')} | {_total(of_target, 'failed')} |"
    yield f"| all | {_total(rows, 'executions')} | {_total(rows, 'failed')} |"
    yield ""
    for seed, commit in sorted({(row["seed"], row["commit"]) for row in rows}):
        run = [row for row in rows if (row["seed"], row["commit"]) == (seed, commit)]
        yield f"* Seed {seed}, the code of {commit}: {_total(run, 'executions')} inputs for {len(run)} readers."


def _total(rows: Sequence[Mapping[str, int]], name: str) -> int:
    return sum(row[name] for row in rows)


def _attacks() -> Iterator[str]:
    rows = json.loads(ATTACKED.read_text(encoding="utf-8"))
    counts = ("requests", "answered", "refused", "at_the_same_moment", "commands", "traced", "programs", "faults")
    yield "| gate | shell | requests | answered | refused, or no request | at the same moment | BoKS commands | traced | programs | faults |"
    yield f"|---|---|{'---:|' * len(counts)}"
    for row in rows:
        yield f"| {row['gate']} | {row['shell']} | {' | '.join(str(row[name]) for name in counts)} |"
    yield f"| all | | {' | '.join(str(sum(row[name] for row in rows)) for name in counts)} |"


def _durability() -> Iterator[str]:
    yield "| what happened | times | confirmed writes lost, or there in part |"
    yield "|---|---:|---:|"
    for row in json.loads(ENDURED.read_text(encoding="utf-8")):
        yield f"| {row['what']} | {row['times']} | {row['lost']} |"


def _soak() -> Iterator[str]:
    run = json.loads(SOAKED.read_text(encoding="utf-8"))
    first, last = run["samples"]
    slowest = ", ".join(f"`{path}` {value} ms" for path, value in run["slowest_milliseconds"].items())
    yield f"* Seed {run['seed']}, {run['minutes']:g} minutes, a round every {run['interval_seconds']:g} s, {run['pages']} pages read."
    yield f"* Faults set: {sum(run['faults'].values())}. Broken invariants: {len(run['broken'])}."
    for each in run["broken"]:
        yield f"    * {each}"
    yield f"* 99 % of the answers came within: {slowest}."
    yield f"* The second exporter made {run['rounds']} rounds:"
    yield ""
    yield f"| held between faults | after {first['rounds']} rounds | after {last['rounds']} rounds |"
    yield "|---|---:|---:|"
    yield f"| memory in MB | {first['memory_bytes'] / 1e6:.1f} | {last['memory_bytes'] / 1e6:.1f} |"
    for name in ("descriptors", "threads", "tasks"):
        yield f"| {name} | {first[name]} | {last[name]} |"
    yield f"| processes on the hosts | {first['host_processes']} | {last['host_processes']} |"
    yield ""
    yield "| fault | set |"
    yield "|---|---:|"
    for name, kind in KINDS.items():
        yield f"| {kind.what} | {run['faults'].get(name, 0)} |"


if __name__ == "__main__":
    write(PAGE, page())
