"""The demo in this process: the real exporter on simulated hosts, and nothing left behind."""

import json
import os
import re
import signal
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from boks_exporter.demo.demo import demo
from boks_exporter.demo.options import DemoOptions
from boks_exporter.errors import ConfigError, ListenError

REPLICAS = ("REPHOST", "REPHOST2", "REPHOST3", "REPHOST4", "REPHOST5")
PATIENCE_SECONDS = 120.0


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Restore the logs for other tests."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create all temporary files in a directory that the test inspects."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the URL is the test's own
        return str(answer.read().decode())


class Visitor(threading.Thread):
    """Somebody who waits for a page of the demo, keeps it, and then ends the demo with a signal."""

    def __init__(self, url: str, is_what_i_want: Callable[[str], bool], ending: signal.Signals) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.wanted = is_what_i_want
        self.ending = ending
        self.seen = ""
        self.ended_at = 0.0

    def run(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and not self.wanted(self.seen):
            try:
                self.seen = fetch(self.url)
            except urllib.error.URLError:
                time.sleep(0.02)
        self.ended_at = time.monotonic()
        os.kill(os.getpid(), self.ending)


def watched_demo(page: str, wanted: Callable[[str], bool], ending: signal.Signals) -> Visitor:
    """Run a calm demo until a visitor has seen the wanted page; it ends at the visitor's signal."""
    address = f"127.0.0.1:{free_port()}"
    visitor = Visitor(f"http://{address}{page}", wanted, ending)
    visitor.start()
    assert demo(DemoOptions(listen=address, scenario="calm", duration_seconds=PATIENCE_SECONDS)) == 0
    visitor.join()
    assert time.monotonic() - visitor.ended_at < PATIENCE_SECONDS / 2
    with pytest.raises(urllib.error.URLError):
        fetch(visitor.url)
    return visitor


def test_the_five_replicas_are_on_the_metrics_page(temporary: Path) -> None:
    """All five replicas of the published listing are seen as replicas that are ok; SIGTERM leaves nothing behind."""
    wanted = [f'boks_replica_state{{boks_domain="demo",host="{name}",state="ok"}} 1' for name in REPLICAS]
    visitor = watched_demo("/metrics", lambda page: all(line in page for line in wanted), signal.SIGTERM)
    assert [line for line in wanted if line not in visitor.seen] == []
    assert list(temporary.iterdir()) == []


def test_the_guide_shows_what_to_open_and_what_to_type(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed names the pages, the commands and the scenario; SIGINT leaves nothing behind."""
    visitor = watched_demo("/api/v1/status", lambda page: '"REPHOST5"' in page, signal.SIGINT)
    (domain,) = json.loads(visitor.seen)["domains"]
    assert (domain["domain"], domain["masters"]) == ("demo", ["MASTER1"])
    url = visitor.url.removesuffix("/api/v1/status")
    printed = capsys.readouterr().out
    for line in (
        f"{url}/ ",
        f"{url}/metrics ",
        f"boks-exporter status --url {url}",
        f"boks-exporter check --url {url}",
        "boks-exporter failover rehearse promote REPHOST5 --dead MASTER1 \\\n    --config.file ",
    ):
        assert line in printed
    assert 'Scenario "calm", seed 1: ' in printed
    assert list(temporary.iterdir()) == []


def test_it_ends_by_itself_when_its_time_is_over(temporary: Path) -> None:
    """With a duration it ends without a signal, and leaves nothing behind."""
    began = time.monotonic()
    assert demo(DemoOptions(listen="127.0.0.1:0", scenario="calm", duration_seconds=0.3)) == 0
    assert time.monotonic() - began >= 0.3
    assert list(temporary.iterdir()) == []


def test_faults_and_what_the_exporter_makes_of_them_are_reported(
    temporary: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault is announced when it comes, with what to look for, and the exporter's verdicts are next to it."""
    monkeypatch.setattr("boks_exporter.simulator.scenarios._SOON", 0.2)
    assert demo(DemoOptions(listen="127.0.0.1:0", scenario="published", duration_seconds=2.0)) == 0
    shown = [line[5:] for line in capsys.readouterr().out.splitlines() if re.match("00:0[0-9]  ", line)]
    assert "  simulator  REPHOST's daemons stop and are not restarted; the machine answers." in shown
    assert any(line.startswith("  look for   REPHOST is down, check exits 2.") for line in shown)
    assert any(line.startswith("  exporter   the domain is ") for line in shown)


def test_an_address_for_all_interfaces_is_reported_as_one_to_open(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Listening on all addresses is printed as localhost, since the wildcard address cannot be opened."""
    assert demo(DemoOptions(listen=":0", scenario="calm", duration_seconds=0.1)) == 0
    assert "  http://localhost:" in capsys.readouterr().out
    assert list(temporary.iterdir()) == []


def test_a_taken_port_is_reported_with_what_to_do(temporary: Path) -> None:
    """A port in use names the address, the reason and the way out, and leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError) as caught:
            demo(DemoOptions(listen=address, scenario="calm"))
    assert str(caught.value).startswith(f"cannot listen on {address}: Address already in use")
    assert str(caught.value).endswith("For any free port: --listen 127.0.0.1:0")
    assert list(temporary.iterdir()) == []


def test_an_unknown_scenario_names_those_that_there_are() -> None:
    """A misspelt scenario is refused before anything starts."""
    with pytest.raises(ConfigError) as caught:
        demo(DemoOptions(scenario="turo"))
    assert str(caught.value) == (
        "--scenario: expected one of tour, calm, published, incident, split-brain, master-dead, site-dark, found 'turo'"
    )
