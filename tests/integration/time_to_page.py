"""Measure the time from a fault to its notification, with the real exporter, Prometheus and Alertmanager at real speed.

Run `python -m tests.integration.time_to_page`, or `make paging`. Every fault is set in several domains at once, spread
over the 30 seconds of a round, and lasts until the slowest alert is due; then all are repaired. The result is stored in
docs/time-to-page.json, and docs/alerts.md shows it. With names of faults only these are measured, and only their rows
are replaced.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeAlias

from boks_exporter.cli.root_command import run
from boks_exporter.simulator.domain import Fault
from tests.integration.alerting import Receiver, alertmanager
from tests.integration.fast_clock_programs import Daemon, exporter, prometheus
from tests.integration.fast_clock_world import World, hurried_world, layout
from tests.integration.fault_courses import Course, course
from tests.unit.app_running import Recorded

ROOT: Final = Path(__file__).resolve().parents[2]
RESULT: Final = ROOT / "docs" / "time-to-page.json"
COPIES: Final = 10
ROUND_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 240.0
"""Longer than every window of the rules, so that nothing of the start is in them."""

MARGIN_SECONDS: Final = 90.0
"""How long faults last, and notifications are waited for, beyond the longest goal."""

END_SECONDS: Final = 900.0
"""How long it is waited for that every alert is over after the repair."""

HOSTS: Final = dict.fromkeys(("MASTER1", "REP1", "REP2"), "utrecht")


@dataclass(frozen=True)
class Measured:
    """A fault, the alert that must come of it, and the goal in seconds."""

    name: str
    what: str
    alert: str
    goal: float
    host: str
    fault: Fault | None = None
    parameters: Mapping[str, Any] | None = None
    writes_per_second: float = 0.3


MEASURED: Final = (
    Measured("masters", "several masters", "BoksSeveralMasters", 90, "REP1", Fault.TWO_MASTERS),
    Measured("ahead", "ahead by 1,000 updates", "BoksReplicaAhead", 90, "REP1", Fault.AHEAD, {"by": 1000}),
    Measured(
        *("ahead-2", "ahead by 2 updates, 2 updates a second are written", "BoksReplicaAhead", 150, "REP1"),
        *(Fault.AHEAD, {"by": 2}, 2.0),
    ),
    Measured("down", "replica is DOWN", "BoksReplicaDown", 150, "REP1", Fault.DOWN),
    Measured("dead", "no master", "BoksNoMaster", 150, "MASTER1", Fault.MASTER_DEAD),
    Measured(
        *("nothing", "replica receives no updates", "BoksReplicaReceivesNothing", 240, "REP1"),
        *(Fault.SLOW, {"delay_seconds": 36000.0}),
    ),
    Measured(
        *("late", "10 minutes late (warning at 5 minutes)", "BoksReplicaLagging", 300 + 120, "REP1"),
        *(Fault.SLOW, {"delay_seconds": 600.0}),
    ),
    Measured(
        *("stuck", "a table receives no updates (critical at 15 minutes)", "BoksReplicaLaggingBadly", 900 + 120),
        *("REP1", Fault.DIVERGED),
    ),
    Measured("cut", "host unreachable (warning)", "BoksHostUnreachable", 300, "REP1", Fault.UNREACHABLE),
    Measured("killed", "exporter killed", "BoksExporterDown", 180, ""),
)


WATCHDOG: Final = Measured("watchdog", "none: from one notification to the next", "BoksWatchdog", 90, "")

Faults: TypeAlias = Sequence[Measured]
SetAt: TypeAlias = dict[tuple[str, int], tuple[float, str]]
"""When each fault was set, and in which domain."""


def measure(directory: Path, faults: Faults, copies: int) -> dict[str, list[Course]]:
    """Set every fault in as many domains, repair it when all alerts are due, and follow each alert and the watchdog."""
    layouts = {
        f"{each.name}-{number}": replace(layout(HOSTS), writes_per_second=each.writes_per_second)
        for each in faults
        if each.fault
        for number in range(copies)
    }
    rules = directory / "rules"
    if run(["rules", str(rules)]):
        message = "the rules could not be written"
        raise RuntimeError(message)
    config = (rules / "alertmanager.yml").read_text(encoding="utf-8")
    with (
        Receiver() as receiver,
        hurried_world(layouts, directory, 1) as world,
        alertmanager(config.replace("127.0.0.1:9095", receiver.address), directory) as alertmanager_url,
        ExitStack() as stack,
    ):
        killed = copies if any(each.fault is None for each in faults) else 0
        lone = _start(stack, directory, world, rules, alertmanager_url, killed)
        time.sleep(SETTLE_SECONDS)
        set_at = _set_faults(world, faults, lone, copies)
        sys.stderr.write(f"{len(set_at)} faults are set\n")
        time.sleep(max(each.goal for each in faults) + MARGIN_SECONDS)
        repaired_at = time.time()
        _repair(world, faults, lone, set_at)
        sys.stderr.write("all are repaired\n")
        found = _courses(receiver, faults, set_at, repaired_at)
        until = time.monotonic() + END_SECONDS
        while time.monotonic() < until and any(each.ended is None for each in found.values()):
            time.sleep(1.0)
            found = _courses(receiver, faults, set_at, repaired_at)
    courses = {each.name: [found[each.name, number] for number in range(copies)] for each in faults}
    return courses | {WATCHDOG.name: [*_gaps(each.at for each in receiver.got("watchdog"))]}


def _gaps(times: Iterable[float]) -> Iterator[Course]:
    """Yield the time from each notification to the next."""
    for before, after in pairwise(times):
        yield Course(first=after - before, is_interrupted=False, ended=after)


def _start(
    stack: ExitStack, directory: Path, world: World, rules: Path, alertmanager_url: str, killed: int
) -> list[Daemon]:
    """Start one exporter of all domains, each exporter that is killed later, and Prometheus."""
    config = directory / "main.yaml"
    config.write_text(world.config(), encoding="utf-8")
    main = exporter(stack, "main", config)
    lone = [exporter(stack, f"lone-{number}", _recorded(directory, number)) for number in range(killed)]
    for daemon in (main, *lone):
        daemon.start()
        daemon.wait()
    server = prometheus(
        stack, directory / "prometheus", rules, alertmanager_url, main.url, *(each.url for each in lone), speed=1
    )
    _label_targets(directory / "prometheus" / "targets.yml", main.url, lone)
    server.start()
    server.wait()
    return lone


def _label_targets(file: Path, main: str, lone: list[Daemon]) -> None:
    """Name a domain for each exporter that is killed, so that Alertmanager does not put their alerts into one group."""
    targets: list[dict[str, Any]] = [{"targets": [main.removeprefix("http://")]}]
    for number, each in enumerate(lone):
        labels = {"boks_domain": f"killed-{number}"}
        targets.append({"targets": [each.url.removeprefix("http://")], "labels": labels})
    file.write_text(json.dumps(targets), encoding="utf-8")


def _recorded(directory: Path, number: int) -> Path:
    where = directory / f"lone-{number}-exporter"
    where.mkdir()
    return Recorded(where, [f"lone-{number}"]).configure(interval="30s", timeout="20s")


def _set_faults(world: World, faults: Faults, lone: list[Daemon], copies: int) -> SetAt:
    """Set all faults within one round."""
    set_at: SetAt = {}
    for number in range(copies):
        began = time.monotonic()
        for each in faults:
            domain = f"{each.name}-{number}"
            set_at[each.name, number] = time.time(), domain
            if each.fault:
                world.set_fault(domain, each.host, each.fault, **(each.parameters or {}))
            else:
                lone[number].process.kill()
        time.sleep(max(0.0, ROUND_SECONDS / copies - (time.monotonic() - began)))
    return set_at


def _repair(world: World, faults: Faults, lone: list[Daemon], set_at: SetAt) -> None:
    hosts = {each.name: (each.host, each.fault) for each in faults}
    for name, number in set_at:
        host, fault = hosts[name]
        if fault is None:
            lone[number].stop()
            lone[number].start()
        else:
            world.clear_fault(f"{name}-{number}", host, fault)
        if fault in {Fault.TWO_MASTERS, Fault.AHEAD}:
            world.rebuild(f"{name}-{number}", host)


def _courses(receiver: Receiver, faults: Faults, set_at: SetAt, repaired_at: float) -> dict[tuple[str, int], Course]:
    """Follow each fault's own alert."""
    alerts = {each.name: each.alert for each in faults}
    received = (*receiver.got("page"), *receiver.got("chat"))
    return {
        (name, number): course(received, alerts[name], domain, set_at=began, repaired_at=repaired_at)
        for (name, number), (began, domain) in set_at.items()
    }


def rows(faults: Faults, found: Mapping[str, Sequence[Course]]) -> list[dict[str, Any]]:
    """Return a row of the page for each fault."""
    table = []
    for each in faults:
        seconds = sorted(course.first for course in found[each.name] if course.first is not None)
        table.append(
            {
                "fault": each.what,
                "alert": each.alert,
                "goal": each.goal,
                "runs": len(found[each.name]),
                "notified": len(seconds),
                "median": round(median(seconds)) if seconds else None,
                "max": round(seconds[-1]) if seconds else None,
                "interrupted": sum(course.is_interrupted for course in found[each.name]),
                "resolved": sum(course.ended is not None for course in found[each.name]),
            }
        )
    return table


def merged(stored: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace the rows that were measured; the order is that of MEASURED."""
    known = {row["fault"]: row for row in (*stored, *new)}
    return [known[each.what] for each in (*MEASURED, WATCHDOG) if each.what in known]


def is_missed(row: Mapping[str, Any]) -> bool:
    """Return whether a notification did not come, came too late, or was taken back before the repair."""
    return row["notified"] < row["runs"] or row["max"] > row["goal"] or row["interrupted"] > 0


def main() -> int:
    """Measure, store, and fail where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.integration.time_to_page")
    names = [each.name for each in MEASURED]
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"{', '.join(names)} (default: all)")
    parser.add_argument("--copies", type=int, default=COPIES, help=f"domains for each fault (default: {COPIES})")
    options = parser.parse_args()
    if unknown := set(options.faults) - set(names):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    faults = [each for each in MEASURED if each.name in options.faults or not options.faults]
    with tempfile.TemporaryDirectory(prefix="boks-paging-") as directory:
        table = rows([*faults, WATCHDOG], measure(Path(directory), faults, options.copies))
    stored = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else []
    RESULT.write_text(json.dumps(merged(stored, table), indent=2) + "\n", encoding="utf-8")
    for row in table:
        sys.stdout.write(f"{row}{' MISSED' if is_missed(row) else ''}\n")
    return 1 if any(map(is_missed, table)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
