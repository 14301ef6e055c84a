"""A night in half a minute: faults in simulated domains, and the pages that the shipped rules make of them.

The exporter, Prometheus and Alertmanager are the real programs, on the shipped rules and routes. Their time runs 30
times faster: every duration is divided by 30 (`hurried`), nothing else is changed, and the domains' time follows.
"""

import signal
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from boks_exporter.cli.program import run
from boks_exporter.simulator.domain import Fault
from tests.integration.alerting import (
    Notification,
    Receiver,
    alertmanager,
    began,
    free_port,
    get,
    hurried,
    key,
    running,
    until,
)
from tests.integration.hurried_world import World, hurried_world, layout
from tests.unit.app_running import Recorded

pytestmark = pytest.mark.timeout(240)

SPEED = 30
RUNBOOKS = "https://wiki.example.net/boks"
SLOWEST_PAGE = 900.0
"""Seconds at real speed within which every page but that of lag must have come."""
WINDOW = 6
"""Scrapes in three minutes at real speed."""

Key = tuple[str, str, str]
SLOW: Key = ("bank", "BoksReplicaLaggingBadly", "SLOW1")
DARK: Key = ("dark", "BoksSiteWithoutReplica", "rotterdam")
EXPECTED: tuple[Key, ...] = (
    ("bank", "BoksReplicaAhead", "AHEAD1"),
    ("bank", "BoksReplicaDiverged", "OTHER1"),
    ("bank", "BoksReplicaDown", "DOWN1"),
    SLOW,
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
    ("orphan", "MASTER1", Fault.MASTER_DEAD, {}),
    ("double", "REP1", Fault.TWO_MASTERS, {}),
    ("dark", "REP2", Fault.UNREACHABLE, {"cut_off": True}),
    ("dark", "REP3", Fault.UNREACHABLE, {"cut_off": True}),
)

PROMETHEUS = """\
global: {{scrape_interval: 30s, scrape_timeout: 20s, evaluation_interval: 30s}}
rule_files: ["{rules}/*.rules.yml"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: boks, file_sd_configs: [{{files: ["{targets}"], refresh_interval: 30s}}]}}]
"""


class Daemon:
    """A program that the story ends and starts again."""

    def __init__(self, stack: ExitStack, command: list[str], log: Path, url: str, ready: str = "/-/ready") -> None:
        self._stack = stack
        self._command = command
        self._log = log
        self.url = url
        self._ready = ready
        self._life = ExitStack()
        stack.callback(self.stop)

    def start(self) -> None:
        self.process = self._life.enter_context(running(self._command, self._log))

    def wait(self) -> None:
        until(f"{self.url}: {self._log.name}", lambda: get(self.url + self._ready) is not None)

    def stop(self) -> None:
        self._life.close()

    def restart(self) -> None:
        self.stop()
        self.start()
        self.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nobody for a while."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)


@dataclass
class Night:
    """What happened, and what the receivers got."""

    receiver: Receiver
    set_at: dict[Key, float] = field(default_factory=dict)
    cleared_at: dict[Key, float] = field(default_factory=dict)
    faults_from: float = 0.0

    @property
    def pages(self) -> list[Notification]:
        return self.receiver.got("page")

    def first(self, what: Key, status: str) -> float | None:
        """Tell when a page, or its end, first arrived."""
        return next((page.at for page in self.pages if what in page.named(status)), None)

    def wait_for(self, status: str, what: set[Key], patience: float) -> None:
        until(
            f"pages: {status}, of {sorted(what)}",
            lambda: what <= {name for page in self.pages for name in page.named(status)},
            patience,
        )


def _exporter(stack: ExitStack, name: str, config: Path, program: tuple[str, ...] = ("-m", "boks_exporter")) -> Daemon:
    port = free_port()
    command = [sys.executable, *program, "serve", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    return Daemon(stack, command, config.with_name(f"{name}.log"), f"http://127.0.0.1:{port}")


def _prometheus(stack: ExitStack, directory: Path, rules: Path, alertmanager_url: str, *targets: str) -> Daemon:
    directory.mkdir()
    port = free_port()
    config = directory / "prometheus.yml"
    text = PROMETHEUS.format(
        rules=rules, alertmanager=alertmanager_url.removeprefix("http://"), targets=directory / "targets.yml"
    )
    config.write_text(hurried(text, SPEED), encoding="utf-8")
    _target(directory, *targets)
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=2s",
    ]
    return Daemon(stack, command, directory / "prometheus.log", f"http://127.0.0.1:{port}")


def _target(directory: Path, *targets: str) -> None:
    """Write the list of targets, as a whole."""
    addresses = ", ".join(repr(target.removeprefix("http://")) for target in targets)
    new = directory / "new"
    new.write_text(f"[{{targets: [{addresses}]}}]\n", encoding="utf-8")
    new.replace(directory / "targets.yml")


def _rules(directory: Path) -> Path:
    """Write the rules as an administrator does, and let them run faster."""
    assert run(["rules", "--runbook-base-url", RUNBOOKS, str(directory)]) == 0
    for file in directory.glob("*.rules.yml"):
        file.write_text(hurried(file.read_text(encoding="utf-8"), SPEED), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Live through the whole night once; the tests below look at what was received."""
    directory = tmp_path_factory.mktemp("night")
    rules = _rules(directory / "rules")
    layouts = {name: layout(sites) for name, sites in DOMAINS.items()}
    with (
        Receiver() as receiver,
        hurried_world(layouts, directory, SPEED) as world,
        alertmanager(
            hurried((rules / "alertmanager.yml").read_text(encoding="utf-8"), SPEED).replace(
                "127.0.0.1:9095", receiver.address
            ),
            directory,
        ) as alertmanager_url,
        ExitStack() as stack,
    ):
        story = _Story(Night(receiver), world, directory)
        story.start(stack, rules, alertmanager_url)
        story.calm()
        story.trouble()
        story.mend()
        yield story.night


class _Story:
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
        self._main = _exporter(stack, "main", config)
        self._lone = _exporter(stack, "lone", lone)
        self._stuck = _exporter(stack, "stuck", stuck, wedged)
        exporters = (self._main, self._lone, self._stuck)
        self._prometheus = _prometheus(
            stack, self._directory / "prometheus", rules, alertmanager_url, *(each.url for each in exporters)
        )
        self._empty = _prometheus(stack, self._directory / "empty", rules, alertmanager_url)
        for daemon in (*exporters, self._prometheus):
            daemon.start()
        for daemon in (*exporters, self._prometheus):
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
        until("windows full of scrapes", lambda: self._value("min(count_over_time(up[6s]))") == WINDOW)
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
        self._at(SLOW, lambda: self._world.set_fault("bank", "SLOW1", Fault.SLOW, delay_seconds=36000.0))
        for domain, host, fault, parameters in FAULTS:
            self._world.set_fault(domain, host, fault, **parameters)
        self._wedge.touch()
        self._empty.start()
        self.night.set_at |= dict.fromkeys((each for each in EXPECTED if each != SLOW), time.time())
        self._lone.stop()
        self.night.wait_for("firing", {each for each in EXPECTED if each != SLOW}, 60)
        self._fail_a_scrape()
        self.night.wait_for("firing", {SLOW}, 90)

    def _at(self, what: Key, act: Callable[[], None]) -> None:
        act()
        self.night.set_at[what] = time.time()

    def mend(self) -> None:
        """Everything is put right again."""
        self.night.cleared_at = dict.fromkeys(EXPECTED, time.time())
        self._world.clear_fault("bank", "SLOW1", Fault.SLOW)
        for domain, host, fault, _ in FAULTS:
            self._world.clear_fault(domain, host, fault)
        self._world.rebuild("double", "REP1")
        self._wedge.unlink()
        self._stuck.stop()
        self._stuck.start()
        self._lone.start()
        _target(self._directory / "empty", self._empty.url)
        self.night.wait_for("resolved", set(EXPECTED), 60)


@pytest.mark.parametrize("what", EXPECTED, ids=lambda what: what[1])
def test_a_fault_pages_and_its_end_is_told(what: Key, night: Night, capsys: pytest.CaptureFixture[str]) -> None:
    """The page names who, why and what to do; nothing is called over before it is, and then it is told."""
    fired, resolved = night.first(what, "firing"), night.first(what, "resolved")
    assert fired
    assert resolved
    assert night.set_at[what] < fired
    assert night.cleared_at[what] < resolved
    (alert, *_) = (alert for page in night.pages for alert in page.alerts if key(alert) == what)
    annotations = alert["annotations"]
    assert what[2] in annotations["summary"]
    assert annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"{RUNBOOKS}/{what[1]}.md"
    took = fired - night.set_at[what]
    with capsys.disabled():
        ends = resolved - night.cleared_at[what]
        print(f"\n{what[1]:26} paged after {_clock(took)}, over after {_clock(ends)} at real speed", end="")  # noqa: T201 - the figures are asked for
    assert what == SLOW or took * SPEED < SLOWEST_PAGE


def _clock(seconds: float) -> str:
    return "{:2}:{:02}".format(*divmod(round(seconds * SPEED), 60))


def test_nothing_else_pages(night: Night) -> None:
    """No second page for the same trouble; none for a restart of the exporter or of Prometheus, or a lost scrape."""
    pages = [(key(alert), began(alert)) for page in night.pages for alert in page.alerts if alert["status"] == "firing"]
    assert {what for what, _ in pages} == set(EXPECTED)
    assert min(at for _, at in pages) > night.faults_from
    assert len(set(pages)) == len(EXPECTED)


def test_a_dark_site_pages_once(night: Night) -> None:
    """One notification with one alert for two replicas that are gone, and one when they are back."""
    about = [page for page in night.pages if any(key(alert)[0] == DARK[0] for alert in page.alerts)]
    assert [(page.status, page.named("firing")) for page in about] == [("firing", {DARK}), ("resolved", set())]


def test_the_watchdog_never_stops(night: Night) -> None:
    """The dead man's switch is told again and again, whatever else goes on."""
    told = [each.at for each in night.receiver.got("watchdog")]
    assert len(told) > 5
    assert {key(alert)[1] for each in night.receiver.got("watchdog") for alert in each.alerts} == {"BoksWatchdog"}
