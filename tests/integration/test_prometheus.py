"""A real Prometheus scrapes the real daemon, which asks a domain behind real sshd."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from boks_exporter.simulator.domain import Fault
from tests.integration.fleet import Fleet, running_fleet
from tests.nonempty import nonempty

PATIENCE = 120.0
ACCEPTS_OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
LAGGING_TABLE = 5
AHEAD_TABLE = 7


@dataclass(frozen=True)
class Scraped:
    """A running Prometheus, the exporter that it scrapes, and what is true of the domain."""

    prometheus: str
    exporter: str
    lags: dict[str, float]

    def query(self, expression: str) -> dict[str, float]:
        """Ask Prometheus, and give the values by host or, where there is none, by job."""
        return {labels.get("host") or labels["job"]: value for labels, value in self.vectors(expression)}

    def vectors(self, expression: str) -> list[tuple[dict[str, str], float]]:
        result = _json(f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        return [(each["metric"], float(each["value"][1])) for each in result["data"]["result"]]


def _get(url: str, accept: str = "*/*") -> tuple[str, str]:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as answer:  # noqa: S310 - loopback
        return answer.headers["Content-Type"], answer.read().decode()


def _json(url: str) -> Any:
    return json.loads(_get(url)[1])


def _until(is_so: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, ConnectionError):
            if is_so():
                return
        time.sleep(0.1)
    pytest.fail(f"waited {PATIENCE:g} s for {what}:\n{log.read_text()[-3000:]}")


@contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a daemon; it has to end by itself on SIGTERM."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_config(fleet: Fleet, directory: Path) -> Path:
    servers = fleet.servers
    hosts = "".join(
        f"      - {{name: {host.name}, address: {host.address}, port: {host.port}, site: {host.site}}}\n"
        for host in map(fleet.host, fleet.names)
    )
    config = directory / "boks.yaml"
    config.write_text(
        f"""poll: {{interval: 5s, timeout: 4500ms}}
domains:
  - name: trial
    transport:
      kind: ssh
      user: {servers.user}
      identity_files: [{servers.identity_file}]
      known_hosts: {servers.known_hosts}
    thresholds: {{lag_sequences: 5, lag_age: 0s, lag_sequences_at_once: 5}}
    hosts:
{hosts}"""
    )
    return config


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """A domain whose time stands still: one replica lags, one is ahead, and what Prometheus says can be compared."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.fail("install Prometheus and promtool (Debian: prometheus) to run these tests")
    directory = tmp_path_factory.mktemp("prometheus")
    with running_fleet() as fleet:
        fleet.set_fault("REPHOST3", Fault.DIVERGED, tables=(LAGGING_TABLE,))
        fleet.do(lambda: fleet.clock.pass_on(300.0))
        with fleet.clock.standing_still():
            fleet.set_fault("REPHOST2", Fault.AHEAD, tables=(AHEAD_TABLE,), by=2)
            lags = {
                name: float(max(host.lag.values(), default=0))
                for name, host in fleet.do(fleet.domain.truth).hosts.items()
                if host.lag is not None
            }
            config = _write_config(fleet, directory)
            with _exporter(config, directory) as exporter, _prometheus(exporter, directory) as prometheus:
                scraped = Scraped(prometheus, exporter, lags)
                log = directory / "exporter.log"
                _until(lambda: scraped.query("boks_replica_lag_sequences > 0") != {}, "the first numbers", log)
                yield scraped


@contextmanager
def _exporter(config: Path, directory: Path) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "boks_exporter", "serve", f"--config.file={config}"]
    with _running([*command, f"--web.listen-address=127.0.0.1:{port}"], directory / "exporter.log"):
        url = f"http://127.0.0.1:{port}"
        _until(lambda: _get(f"{url}/-/ready")[0] != "", "the exporter", directory / "exporter.log")
        yield url


@contextmanager
def _prometheus(exporter: str, directory: Path) -> Iterator[str]:
    port = _free_port()
    config = directory / "prometheus.yml"
    target = exporter.removeprefix("http://")
    config.write_text(
        f"global: {{scrape_interval: 1s}}\n"
        f"scrape_configs: [{{job_name: boks, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with _running(command, directory / "prometheus.log"):
        url = f"http://127.0.0.1:{port}"
        _until(lambda: _get(f"{url}/-/ready")[0] != "", "Prometheus", directory / "prometheus.log")
        yield url


def test_prometheus_scrapes_without_an_error(scraped: Scraped) -> None:
    """The target is up, and Prometheus has nothing to say about it."""
    (target,) = _json(f"{scraped.prometheus}/api/v1/targets")["data"]["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert scraped.query("up") == {"boks": 1.0}


def test_prometheus_reads_openmetrics(scraped: Scraped) -> None:
    """Asked by its own Accept header the exporter answers in OpenMetrics, where counters lose `_total`."""
    known = _json(f"{scraped.prometheus}/api/v1/targets/metadata?metric=boks_host_polls")["data"]
    assert [(each["type"], bool(each["help"])) for each in known] == [("counter", True)]


def test_lag_is_what_the_domain_lacks(scraped: Scraped) -> None:
    """The replica that stopped to apply a table lags by exactly the updates that it has not got."""
    assert scraped.lags["REPHOST3"] > 50
    assert scraped.query("boks_replica_lag_sequences") == scraped.lags
    (worst,) = scraped.vectors("boks_replica_table_lag_sequences > 50")
    assert (worst[0]["host"], worst[0]["table"]) == ("REPHOST3", f"T{LAGGING_TABLE}")
    assert worst[1] == scraped.lags["REPHOST3"]


def test_ahead_is_what_the_master_never_had(scraped: Scraped) -> None:
    """The replica with two updates of its own is ahead by two."""
    assert scraped.query("boks_replica_ahead_sequences") == {"REPHOST2": 2.0, "REPHOST3": 0.0}


def test_states_and_roles_are_sets_of_which_one_holds(scraped: Scraped) -> None:
    """Of each host exactly one role is 1, of each replica exactly one state."""
    states = {labels["host"]: labels["state"] for labels, _ in scraped.vectors("boks_replica_state == 1")}
    roles = {labels["host"]: labels["role"] for labels, _ in scraped.vectors("boks_host_role == 1")}
    assert states == {"REPHOST2": "ahead", "REPHOST3": "lagging"}
    assert roles == {"MASTER1": "master", "REPHOST2": "replica", "REPHOST3": "replica", "CLIENT1": "client"}
    assert set(scraped.query("sum by (host) (boks_replica_state)").values()) == {1.0}


def test_every_host_is_up_and_fresh(scraped: Scraped) -> None:
    """All hosts answered within the last rounds, and no failure was counted of any."""
    assert scraped.query("boks_host_up") == dict.fromkeys(("MASTER1", "REPHOST2", "REPHOST3", "CLIENT1"), 1.0)
    assert all(
        age < 20 for age in nonempty(scraped.query("time() - boks_host_last_success_timestamp_seconds").values())
    )
    assert set(scraped.query("sum by (host) (boks_host_poll_failures_total)").values()) == {0.0}


def test_a_host_and_its_site_can_be_joined(scraped: Scraped) -> None:
    """`boks_host_info` brings the site to any series of the same host."""
    joined = "boks_replica_lag_sequences * on (boks_domain, host) group_left (site) boks_host_info"
    assert {labels["host"]: labels["site"] for labels, _ in scraped.vectors(joined)} == {
        "REPHOST2": "utrecht",
        "REPHOST3": "rotterdam",
    }


def test_promtool_finds_nothing_on_the_live_page(scraped: Scraped) -> None:
    """Names, units, help texts and types are as Prometheus's own linter wants them."""
    page = _get(f"{scraped.exporter}/metrics")[1]
    checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_both_formats_hold_the_same_samples(scraped: Scraped) -> None:
    """A plain client gets the classic text, one that asks for it OpenMetrics; the OpenMetrics page is valid."""
    classic_type, classic = _get(f"{scraped.exporter}/metrics")
    openmetrics_type, text = _get(f"{scraped.exporter}/metrics", ACCEPTS_OPENMETRICS)
    assert classic_type.startswith("text/plain; version=0.0.4")
    assert openmetrics_type.startswith("application/openmetrics-text; version=1.0.0")
    families = list(openmetrics.text_string_to_metric_families(text))
    names = {sample.name for family in families for sample in family.samples}
    assert names == {line.partition("{")[0].partition(" ")[0] for line in classic.splitlines() if line[0] != "#"}
