"""Faults in simulated domains, and the pages that the shipped rules make of them, in three minutes on an idle machine.

The exporter, Prometheus and Alertmanager are the real programs, on the shipped rules and routes. Their time runs 10
times faster, less on a busy machine: every duration is divided by that (`hurried`), nothing else is changed, and the
domains' time follows.
`make paging` measures at real speed.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from tests.integration.alerting import Receiver, alertmanager, began, hurried, key
from tests.integration.fast_clock_programs import SPEED
from tests.integration.fast_clock_world import hurried_world, layout
from tests.integration.paging_scenario import DARK, DOMAINS, EXPECTED, Key, Night, Story

pytestmark = pytest.mark.timeout(1800)

RUNBOOKS = "https://wiki.example.net/boks"
SLOWEST_PAGE = 900.0
"""Seconds at real speed within which every page must have come."""


def _rules(directory: Path) -> Path:
    """Write the rules as an administrator does, and let them run faster."""
    assert run(["rules", "--runbook-url", RUNBOOKS, str(directory)]) == 0
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
        story = Story(Night(receiver), world, directory)
        story.start(stack, rules, alertmanager_url)
        story.calm()
        story.trouble()
        story.repair()
        yield story.night


@pytest.mark.parametrize("what", EXPECTED, ids=lambda what: what[1])
def test_a_fault_pages_and_its_end_is_reported(what: Key, night: Night, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert took * SPEED < SLOWEST_PAGE


def _clock(seconds: float) -> str:
    return "{:2}:{:02}".format(*divmod(round(seconds * SPEED), 60))


def test_nothing_else_pages(night: Night) -> None:
    """No second page for the same trouble; none for a restart of the exporter or of Prometheus, or a lost scrape."""
    firing = [alert for page in night.pages for alert in page.alerts if alert["status"] == "firing"]
    restarted = ("BoksExporterDown", night.restarted)
    pages = [
        (key(alert), began(alert))
        for alert in firing
        if (alert["labels"]["alertname"], alert["labels"].get("instance")) != restarted
    ]
    # A second master that is a replica again is ahead until it is rebuilt.
    pages = [page for page in pages if page[0] != ("double", "BoksReplicaAhead", "REP1")]
    assert {what for what, _ in pages} == set(EXPECTED)
    assert min(at for _, at in pages) > night.faults_from
    assert len(set(pages)) == len(EXPECTED)


def test_a_dark_site_pages_once(night: Night) -> None:
    """One notification with one alert for two replicas that are gone, and one when they are back."""
    about = [page for page in night.pages if any(key(alert)[0] == DARK[0] for alert in page.alerts)]
    assert [(page.status, page.named("firing")) for page in about] == [("firing", {DARK}), ("resolved", set())]


def test_the_watchdog_never_stops(night: Night) -> None:
    """The dead man's switch is told again and again, whatever else goes on."""
    shown = [each.at for each in night.receiver.got("watchdog")]
    assert len(shown) > 5
    assert {key(alert)[1] for each in night.receiver.got("watchdog") for alert in each.alerts} == {"BoksWatchdog"}
