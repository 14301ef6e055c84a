"""The shipped configuration of Alertmanager: accepted, routed as meant, and silencing what it should and no more."""

import itertools
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.alerts.cases import CASES
from tests.integration.alerting import ALERTMANAGER_YML, alertmanager, get, until

SEVERITIES = {case.alert: case.severity for case in CASES} | {"BoksWatchdog": "info"}
RECEIVERS = {"critical": "boks-pager", "warning": "boks-chat", "info": "boks-chat"}


def test_amtool_accepts_it() -> None:
    """`amtool check-config` finds nothing wrong."""
    check = subprocess.run(["amtool", "check-config", str(ALERTMANAGER_YML)], capture_output=True, text=True)
    assert (check.returncode, check.stderr) == (0, "")
    assert "SUCCESS" in check.stdout


@pytest.mark.parametrize("alert", SEVERITIES)
def test_every_alert_goes_where_its_severity_belongs(alert: str) -> None:
    """Critical ones page, the others are for the chat, and the watchdog alone feeds the dead man's switch."""
    expected = "boks-watchdog" if alert == "BoksWatchdog" else RECEIVERS[SEVERITIES[alert]]
    labels = [f"alertname={alert}", f"severity={SEVERITIES[alert]}", "boks_domain=prod", "host=replica1"]
    command = ["amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER_YML}"]
    found = subprocess.run([*command, f"--verify.receivers={expected}", *labels], capture_output=True, text=True)
    assert (found.returncode, found.stdout.strip()) == (0, expected), found.stderr


@dataclass(frozen=True)
class Together:
    """Alerts that fire at the same time, and those of them that are heard.

    Each is written as `Alert` or `Alert@host` or `Alert@host/site`; what is not written is as in the alert's case.
    """

    situation: str
    firing: tuple[str, ...]
    heard: tuple[str, ...]


TOGETHER = (
    Together(
        "work on a host was announced",
        (
            "BoksMaintenanceActive@r1",
            "BoksReplicaDown@r1",
            "BoksHostUnreachable@r1",
            "BoksReplicaAhead@r1",
            "BoksReplicaAhead@r2",
            "BoksNoMaster",
        ),
        ("BoksMaintenanceActive@r1", "BoksReplicaAhead@r2", "BoksNoMaster"),
    ),
    Together(
        "a maintenance ended and the replica is not well",
        ("BoksMaintenanceOverdue@r1", "BoksReplicaDown@r1"),
        ("BoksMaintenanceOverdue@r1", "BoksReplicaDown@r1"),
    ),
    Together(
        "a site is dark",
        (
            "BoksSiteWithoutReplica@/utrecht",
            "BoksReplicaDown@r1/utrecht",
            "BoksReplicaDown@r2/utrecht",
            "BoksHostUnreachable@r1/utrecht",
            "BoksHostUnreachable@r2/utrecht",
            "BoksDataStale@r1",
            "BoksReplicaDown@r3/delft",
        ),
        ("BoksSiteWithoutReplica@/utrecht", "BoksReplicaDown@r3/delft"),
    ),
    Together(
        "a replica is down and lags",
        ("BoksReplicaDown@r1", "BoksReplicaLaggingBadly@r1", "BoksReplicaLagging@r1", "BoksReplicaLaggingBadly@r2"),
        ("BoksReplicaDown@r1", "BoksReplicaLaggingBadly@r2"),
    ),
    Together(
        "a replica receives no updates and lags",
        ("BoksReplicaReceivesNothing@r1", "BoksReplicaLaggingBadly@r1", "BoksReplicaLagging@r1"),
        ("BoksReplicaReceivesNothing@r1",),
    ),
    Together(
        "a replica received no updates, and will be late when it does",
        ("BoksReplicaReceivesNothing@r1", "BoksReplicaLagging@r1"),
        ("BoksReplicaReceivesNothing@r1", "BoksReplicaLagging@r1"),
    ),
    Together(
        "the exporter reaches no host of one domain",
        (
            "BoksExporterReachesNoHost",
            "BoksNoMaster",
            "BoksHostUnreachable@r1",
            "BoksSiteWithoutReplica@/utrecht",
            "BoksReplicaAhead@r1",
            "BoksFailoverUnfinished",
        ),
        ("BoksExporterReachesNoHost", "BoksFailoverUnfinished"),
    ),
    Together(
        "critical over warning, of the same host alone",
        ("BoksReplicaLaggingBadly@r1", "BoksReplicaLagging@r1", "BoksSharedMemoryLow@r1", "BoksSharedMemoryLow@r2"),
        ("BoksReplicaLaggingBadly@r1", "BoksSharedMemoryLow@r2"),
    ),
    Together(
        "a replica has diverged",
        ("BoksReplicaDiverged@r1", "BoksReplicaAhead@r1", "BoksReplicaLaggingBadly@r1", "BoksReplicaAhead@r2"),
        ("BoksReplicaDiverged@r1", "BoksReplicaAhead@r2"),
    ),
    Together(
        "a host does not answer",
        (
            "BoksHostUnreachable@r1",
            "BoksReplicaLaggingBadly@r1",
            "BoksDataStale@r1",
            "BoksViewsDisagree@r1",
            "BoksReplicaLagging@r2",
        ),
        ("BoksHostUnreachable@r1", "BoksReplicaLagging@r2"),
    ),
    Together(
        "a host that was ahead does not answer",
        ("BoksHostUnreachable@r1", "BoksReplicaAhead@r1"),
        ("BoksReplicaAhead@r1",),
    ),
    Together(
        "a host's key is another one",
        ("BoksHostKeyRefused@r1", "BoksHostUnreachable@r1", "BoksLoginRefused@r2", "BoksHostUnreachable@r2"),
        ("BoksHostKeyRefused@r1", "BoksLoginRefused@r2"),
    ),
    Together(
        "a host's key gives a shell, so it is not polled",
        ("BoksKeyUnrestricted@r1", "BoksHostUnreachable@r1", "BoksDataStale@r1", "BoksHostUnreachable@r2"),
        ("BoksKeyUnrestricted@r1", "BoksHostUnreachable@r2"),
    ),
    Together(
        "a key that gives a shell is reported whatever else is wrong with the host",
        ("BoksKeyUnrestricted@r1", "BoksReplicaDown@r1", "BoksKeyUnrestricted@r2", "BoksMaintenanceActive@r2"),
        ("BoksKeyUnrestricted@r1", "BoksReplicaDown@r1", "BoksKeyUnrestricted@r2", "BoksMaintenanceActive@r2"),
    ),
    Together(
        "new logins are refused, and on one host the old connection has ended",
        (
            "BoksLoginRefusedLater@r1",
            "BoksLoginRefused@r1",
            "BoksLoginRefusedLater@r2",
            "BoksReplicaLaggingBadly@r2",
            "BoksLoginRefusedLater@r3",
            "BoksHostKeyRefused@r3",
        ),
        ("BoksLoginRefused@r1", "BoksLoginRefusedLater@r2", "BoksReplicaLaggingBadly@r2", "BoksHostKeyRefused@r3"),
    ),
    Together(
        "the exporter reaches no host, and some refused new logins before",
        ("BoksExporterReachesNoHost", "BoksLoginRefusedLater@r1"),
        ("BoksExporterReachesNoHost",),
    ),
    Together(
        "no master inhibits only the list of the master that returns",
        (
            "BoksNoMaster",
            "BoksReplicaDown@r1",
            "BoksReplicaAhead@r2",
            "BoksHostUnreachable@m1",
            "BoksReplicaUnresolved",
        ),
        ("BoksNoMaster", "BoksReplicaAhead@r2", "BoksHostUnreachable@m1", "BoksReplicaUnresolved"),
    ),
    Together(
        "the exporter no longer looks at the domain",
        ("BoksExporterStalled", "BoksReplicaDown@r1", "BoksNoMaster", "BoksSiteWithoutReplica@/utrecht"),
        ("BoksExporterStalled",),
    ),
    Together(
        "the exporter cannot be scraped",
        ("BoksExporterDown", "BoksReplicaAhead@r1", "BoksSeveralMasters", "BoksConfigurationDiffers", "BoksWatchdog"),
        ("BoksExporterDown", "BoksWatchdog"),
    ),
)


def _alert(written: str, world: str) -> dict[str, str]:
    """Return an alert with the labels of its case, in its own domain and from its own exporter."""
    name, _, place = written.partition("@")
    host, _, site = place.partition("/")
    case = next((case for case in CASES if case.alert == name), None)
    labels = dict(case.labels) if case else {}
    changes = {"boks_domain": world, "instance": f"{world}:16500", "host": host, "site": site}
    labels |= {label: value for label, value in changes.items() if label in labels and value}
    missing = {label for label in ("host", "site") if changes[label] and label not in labels}
    assert not missing, f"{name} has no label {missing}"
    return labels | {"alertname": name, "severity": SEVERITIES[name], "written": written, "world": world}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alertmanager(ALERTMANAGER_YML.read_text(encoding="utf-8"), tmp_path_factory.mktemp("alertmanager")) as url:
        yield url


def _heard(url: str, worlds: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Send alerts in separate worlds; return those that Alertmanager does not inhibit in each."""
    now = datetime.now(UTC).isoformat()
    labels = [_alert(written, world) for world, firing in worlds.items() for written in firing]
    body = json.dumps([{"labels": each, "startsAt": now} for each in labels]).encode()
    request = urllib.request.Request(f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above
    known = {(each["world"], each["written"]) for each in labels}
    until("all alerts", lambda: known <= {_place(alert) for alert in get(f"{url}/api/v2/alerts")})
    heard: dict[str, set[str]] = {world: set() for world in worlds}
    for world, written in (_place(alert) for alert in get(f"{url}/api/v2/alerts?inhibited=false")):
        if world in heard:
            heard[world].add(written)
    return heard


def _place(alert: dict[str, dict[str, str]]) -> tuple[str, str]:
    return alert["labels"]["world"], alert["labels"]["written"]


def test_what_explains_silences_what_it_explains(url: str) -> None:
    """Of alerts that fire together only those are heard that tell something of their own."""
    heard = _heard(url, {together.situation: together.firing for together in TOGETHER})
    assert heard == {together.situation: set(together.heard) for together in TOGETHER}


def test_no_two_alerts_silence_one_another(url: str) -> None:
    """Whichever two fire together about a host, its site, its domain or their exporter, at least one is heard."""
    every = [_everywhere(alert) for alert in SEVERITIES]
    pairs = {f"{one} and {other}": (one, other) for one, other in itertools.combinations(every, 2)}
    heard = _heard(url, pairs)
    assert [pair for pair, through in heard.items() if not through] == []


def _everywhere(alert: str) -> str:
    """Write an alert with the one host and site that all have in common, as far as it has them."""
    labels = next((case.labels for case in CASES if case.alert == alert), {})
    host, site = "r1" * ("host" in labels), "utrecht" * ("site" in labels)
    return alert + f"@{host}/{site}" * bool(host or site)


def test_every_name_in_it_is_an_alert() -> None:
    """No route and no rule speaks of an alert that cannot come; the beginnings of names stand for several."""
    named = set(re.findall(r"\bBoks\w+", ALERTMANAGER_YML.read_text(encoding="utf-8")))
    assert [name for name in named if not any(alert.startswith(name) for alert in SEVERITIES)] == []
