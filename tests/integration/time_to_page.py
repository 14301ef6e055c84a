"""Measure the time from a fault to its notification, with the real exporter, Prometheus and Alertmanager at real speed.

Run `python -m tests.integration.time_to_page`, or `make paging`. Every fault is set in several domains at once, spread
over the 30 seconds of a round. The result is stored in docs/time-to-page.json, and docs/alerts.md shows it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from boks_exporter.cli.root_command import run
from boks_exporter.simulator.domain import Fault
from tests.integration.alerting import Receiver, alertmanager
from tests.integration.fast_clock_programs import Daemon, exporter, prometheus
from tests.integration.fast_clock_world import World, hurried_world, layout
from tests.unit.app_running import Recorded

ROOT: Final = Path(__file__).resolve().parents[2]
RESULT: Final = ROOT / "docs" / "time-to-page.json"
COPIES: Final = 10
ROUND_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 240.0
"""Longer than every window of the rules, so that nothing of the start is in them."""

LIMIT_SECONDS: Final = 420.0
"""How long a notification is waited for."""

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
    Measured("cut", "host unreachable (warning)", "BoksHostUnreachable", 300, "REP1", Fault.UNREACHABLE),
    Measured("killed", "exporter killed", "BoksExporterDown", 180, ""),
)


def measure(directory: Path, copies: int) -> dict[str, list[float | None]]:
    """Set every fault in as many domains, and return the seconds until each notification; None where none came."""
    faults = [each for each in MEASURED if each.fault]
    layouts = {
        f"{each.name}-{number}": replace(layout(HOSTS), writes_per_second=each.writes_per_second)
        for each in faults
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
        lone = _start(stack, directory, world, rules, alertmanager_url, copies)
        time.sleep(SETTLE_SECONDS)
        set_at = _set_faults(world, lone, copies)
        sys.stderr.write(f"{len(set_at)} faults are set\n")
        until = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < until and None in _seconds(receiver, set_at).values():
            time.sleep(1.0)
        found = _seconds(receiver, set_at)
    return {each.name: [found[each.name, number] for number in range(copies)] for each in MEASURED}


def _start(
    stack: ExitStack, directory: Path, world: World, rules: Path, alertmanager_url: str, copies: int
) -> list[Daemon]:
    """Start one exporter of all domains, one for each copy that is killed, and Prometheus."""
    config = directory / "main.yaml"
    config.write_text(world.config(), encoding="utf-8")
    main = exporter(stack, "main", config)
    lone = [exporter(stack, f"lone-{number}", _recorded(directory, number)) for number in range(copies)]
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


def _set_faults(world: World, lone: list[Daemon], copies: int) -> dict[tuple[str, int], tuple[float, str]]:
    """Set all faults within one round; returns when, and the domain of each."""
    set_at: dict[tuple[str, int], tuple[float, str]] = {}
    for number in range(copies):
        began = time.monotonic()
        for each in MEASURED:
            domain = f"{each.name}-{number}"
            if each.fault:
                set_at[each.name, number] = time.time(), domain
                world.set_fault(domain, each.host, each.fault, **(each.parameters or {}))
            else:
                set_at[each.name, number] = time.time(), domain
                lone[number].process.kill()
        time.sleep(max(0.0, ROUND_SECONDS / copies - (time.monotonic() - began)))
    return set_at


def _seconds(
    receiver: Receiver, set_at: dict[tuple[str, int], tuple[float, str]]
) -> dict[tuple[str, int], float | None]:
    """Return the seconds until the first notification of each fault's own alert."""
    alerts = {each.name: each.alert for each in MEASURED}
    came: dict[tuple[str, str], float] = {}
    for at, alert, place in _notified(receiver):
        came.setdefault((alert, place), at)
    return {
        (name, number): came[alerts[name], place] - began if (alerts[name], place) in came else None
        for (name, number), (began, place) in set_at.items()
    }


def _notified(receiver: Receiver) -> Iterator[tuple[float, str, str]]:
    for notification in (*receiver.got("page"), *receiver.got("chat")):
        for alert in notification.alerts:
            labels = alert["labels"]
            if alert["status"] == "firing":
                yield notification.at, labels["alertname"], labels.get("boks_domain", "")


def rows(found: Mapping[str, list[float | None]]) -> list[dict[str, Any]]:
    """Return a row of the page for each fault."""
    table = []
    for each in MEASURED:
        seconds = sorted(value for value in found[each.name] if value is not None)
        table.append(
            {
                "fault": each.what,
                "alert": each.alert,
                "goal": each.goal,
                "runs": len(found[each.name]),
                "notified": len(seconds),
                "median": round(median(seconds)) if seconds else None,
                "max": round(seconds[-1]) if seconds else None,
            }
        )
    return table


def main(arguments: list[str]) -> int:
    """Measure, store, and fail where a goal is missed."""
    copies = int(arguments[0]) if arguments else COPIES
    with tempfile.TemporaryDirectory(prefix="boks-paging-") as directory:
        table = rows(measure(Path(directory), copies))
    RESULT.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    missed = [row for row in table if row["notified"] < row["runs"] or row["max"] > row["goal"]]
    for row in table:
        sys.stdout.write(f"{row}{' MISSED' if row in missed else ''}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
