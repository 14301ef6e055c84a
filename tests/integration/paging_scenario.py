"""The faults of a paging scenario in their order, and the notifications that followed."""

import time
import urllib.parse
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from boks_exporter.simulator.domain import Fault
from tests.integration.alerting import Notification, Receiver, get, hurried, until
from tests.integration.fast_clock_programs import SPEED, exporter, list_targets, prometheus
from tests.integration.fast_clock_world import World
from tests.unit.app_running import Recorded

WINDOW = 6
"""Scrapes in three minutes at real speed."""

Key = tuple[str, str, str]
DARK: Key = ("dark", "BoksSiteWithoutReplica", "rotterdam")
EXPECTED: tuple[Key, ...] = (
    ("bank", "BoksReplicaAhead", "AHEAD1"),
    ("bank", "BoksReplicaDiverged", "OTHER1"),
    ("bank", "BoksReplicaDown", "DOWN1"),
    ("bank", "BoksReplicaReceivesNothing", "SLOW1"),
    ("orphan", "BoksNoMaster", ""),
    ("double", "BoksSeveralMasters", ""),
    DARK,
    ("", "BoksExporterDown", ""),
    ("stuck", "BoksExporterStalled", ""),
    ("", "BoksExporterAbsent", ""),
)
DOMAINS = {
    "bank": dict.fromkeys(("MASTER1", "SOUND1", "AHEAD1", "OTHER1", "DOWN1", "SLOW1"), "utrecht"),
    "orphan": dict.fromkeys(("MASTER1", "REP1", "REP2"), "utrecht"),
    "double": dict.fromkeys(("MASTER1", "REP1", "REP2"), "utrecht"),
    "dark": {"MASTER1": "utrecht", "REP1": "utrecht", "REP2": "rotterdam", "REP3": "rotterdam"},
}
FAULTS = (
    ("bank", "AHEAD1", Fault.AHEAD, {"by": 1000}),
    ("bank", "OTHER1", Fault.WRONG_STAMP, {}),
    ("bank", "DOWN1", Fault.DOWN, {}),
    ("bank", "SLOW1", Fault.SLOW, {"delay_seconds": 36000.0}),
    ("orphan", "MASTER1", Fault.MASTER_DEAD, {}),
    ("double", "REP1", Fault.TWO_MASTERS, {}),
    ("dark", "REP2", Fault.UNREACHABLE, {"cut_off": True}),
    ("dark", "REP3", Fault.UNREACHABLE, {"cut_off": True}),
)


@dataclass
class Night:
    """What happened, and what the receivers got."""

    receiver: Receiver
    set_at: dict[Key, float] = field(default_factory=dict)
    cleared_at: dict[Key, float] = field(default_factory=dict)
    faults_from: float = 0.0
    restarted: str = ""
    """The exporter that is restarted at the end: at this speed the seconds in which it starts can be minutes."""

    @property
    def pages(self) -> list[Notification]:
        return self.receiver.got("page")

    def first(self, what: Key, status: str) -> float | None:
        """Return when a page, or its end, first arrived."""
        return next((page.at for page in self.pages if what in page.named(status)), None)

    def wait_for(self, status: str, what: set[Key], patience: float) -> None:
        def missing() -> set[Key]:
            return what - {name for page in self.pages for name in page.named(status)}

        deadline = time.monotonic() + patience
        while missing() and time.monotonic() < deadline:
            time.sleep(0.1)
        received = [(page.status, sorted(page.named("firing"))) for page in self.pages]
        assert missing() == set(), f"not {status} within {patience:g} s; received {received}"


class Story:
    """What is done to the world, in its order."""

    def __init__(self, night: Night, world: World, directory: Path) -> None:
        self.night = night
        self._world = world
        self._directory = directory
        self._wedge = directory / "wedge"

    def start(self, stack: ExitStack, rules: Path, alertmanager_url: str) -> None:
        config = self._directory / "main.yaml"
        config.write_text(self._world.config(), encoding="utf-8")
        lone, stuck = (self._recorded(name) for name in ("lone", "stuck"))
        wedged = (str(Path(__file__).with_name("wedged_exporter.py")), str(self._wedge))
        self._main = exporter(stack, "main", config)
        self._lone = exporter(stack, "lone", lone)
        self._stuck = exporter(stack, "stuck", stuck, wedged)
        exporters = (self._main, self._lone, self._stuck)
        self._prometheus = prometheus(
            stack, self._directory / "prometheus", rules, alertmanager_url, *(each.url for each in exporters)
        )
        self._empty = prometheus(stack, self._directory / "empty", rules, alertmanager_url)
        # Prometheus last: at this speed the seconds in which a program starts are minutes.
        for daemons in (exporters, (self._prometheus,)):
            for daemon in daemons:
                daemon.start()
            for daemon in daemons:
                daemon.wait()
        hosts = sum(map(len, DOMAINS.values())) + 4
        until("every host", lambda: self._value("count(boks_host_up == 1)") == hosts)
        until("the watchdog", lambda: self.night.receiver.got("watchdog"))

    def _recorded(self, name: str) -> Path:
        where = self._directory / f"{name}-exporter"
        where.mkdir()
        interval, timeout = hurried("30s", SPEED), hurried("20s", SPEED)
        return Recorded(where, [name]).configure(interval=interval, timeout=timeout)

    def _value(self, expression: str) -> float | None:
        result = get(f"{self._prometheus.url}/api/v1/query?query={urllib.parse.quote(expression)}")["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def calm(self) -> None:
        """Nothing is wrong with BoKS: the exporter restarts, Prometheus restarts, a scrape fails."""
        self._main.restart()
        self._prometheus.restart()
        # Discovery gives it its targets five seconds after a restart, at any speed.
        until("windows full of scrapes", lambda: self._value(f"min(count_over_time(up[{180 // SPEED}s]))") == WINDOW)
        self._fail_a_scrape()

    def _fail_a_scrape(self) -> None:
        address = self._main.url.removeprefix("http://")
        with self._main.frozen():
            until("a failed scrape", lambda: self._value(f'up{{instance="{address}"}} == 0') == 0)

    def trouble(self) -> None:
        """Everything goes wrong at once; while it pages, a scrape fails.

        Prometheus is not restarted here: the seconds that this takes at any speed are the most of a hurried window.
        """
        self.night.faults_from = time.time()
        for domain, host, fault, parameters in FAULTS:
            self._world.set_fault(domain, host, fault, **parameters)
        self._wedge.touch()
        self._empty.start()
        self.night.set_at = dict.fromkeys(EXPECTED, time.time())
        self._lone.stop()
        self.night.wait_for("firing", set(EXPECTED), 600)
        self._fail_a_scrape()

    def repair(self) -> None:
        """Every fault is removed."""
        self.night.cleared_at = dict.fromkeys(EXPECTED, time.time())
        for domain, host, fault, _ in FAULTS:
            self._world.clear_fault(domain, host, fault)
            if fault is Fault.TWO_MASTERS:
                self._world.rebuild(domain, host)
        self._wedge.unlink()
        self.night.restarted = self._stuck.url.removeprefix("http://")
        self._stuck.stop()
        self._stuck.start()
        self._lone.start()
        list_targets(self._directory / "empty", self._empty.url)
        self.night.wait_for("resolved", set(EXPECTED), 600)
