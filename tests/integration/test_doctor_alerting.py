"""`boks-exporter doctor` against a real Prometheus and a real Alertmanager."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.doctor.prometheus_checks import routes_of
from tests.integration.alerting import ALERTMANAGER_YML, alertmanager, free_port, get, running, until
from tests.integration.doctor_runs import Doctor, failures
from tests.integration.fleet import Fleet

ROUTES = """\
route:
  receiver: default
  routes:
    - {receiver: domains, match_re: {boks_domain: "pr.*"}, continue: true}
    - receiver: pager
      matchers: ['severity =~ "critical|page"', "alertname != BoksWatchdog"]
      routes:
        - {matchers: ['{host="r1", site!~"a|b"}'], receiver: first}
        - {match: {host: r2}}
    - {receiver: switch, matchers: [alertname="BoksWatchdog"]}
receivers: [{name: default}, {name: domains}, {name: pager}, {name: first}, {name: switch}]
"""
ALERTS = [
    {"alertname": "BoksNoMaster", "severity": "critical"},
    {"alertname": "BoksNoMaster", "severity": "critical", "boks_domain": "prod"},
    {"alertname": "BoksReplicaDown", "severity": "critical", "host": "r1"},
    {"alertname": "BoksReplicaDown", "severity": "page", "host": "r1", "site": "a"},
    {"alertname": "BoksReplicaDown", "severity": "critical", "host": "r2"},
    {"alertname": "BoksReplicaDown", "severity": "warning", "boks_domain": "test"},
    {"alertname": "BoksWatchdog", "severity": "critical", "boks_domain": "prod"},
]
"""Alertmanager's own tool says which receivers each of them reaches."""


@pytest.fixture
def doctor(fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(fleet, tmp_path, capsys)


@pytest.fixture
def prometheus(doctor: Doctor, tmp_path: Path) -> Iterator["Prometheus"]:
    port, exporter = free_port(), f"127.0.0.1:{free_port()}"
    serve = [sys.executable, "-m", "boks_exporter", "serve", f"--config.file={doctor.write()}"]
    found = Prometheus(f"http://127.0.0.1:{port}", exporter, tmp_path / "prometheus.yml")
    found.configure("global: {scrape_interval: 1s}\n")
    command = ["prometheus", f"--config.file={found.config}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"]
    with (
        running([*serve, f"--web.listen-address={exporter}"], tmp_path / "exporter.log"),
        running(command, tmp_path / "prometheus.log"),
    ):
        until("the exporter", lambda: get(f"http://{exporter}/-/ready"))
        until("Prometheus", lambda: get(f"{found.url}/-/ready"))
        yield found


class Prometheus:
    """A running Prometheus whose configuration a test changes."""

    def __init__(self, url: str, exporter: str, config: Path) -> None:
        self.url, self.exporter, self.config = url, exporter, config

    def configure(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def reload(self, text: str) -> None:
        self.configure(text)
        subprocess.run(["curl", "-fsS", "-XPOST", f"{self.url}/-/reload"], check=True, timeout=60)


def test_prometheus_without_us_then_with_us(doctor: Doctor, prometheus: Prometheus, tmp_path: Path) -> None:
    options = ("MASTER1", f"--prometheus={prometheus.url}")
    code, checks = doctor.run(*options)
    assert code == 1
    assert failures(checks) == {("prometheus", name) for name in ("scrape", "job", "rules")}
    assert checks["prometheus", "alertmanager"]["result"] == "warning"
    _, checks = doctor.run(f"--web.listen-address={prometheus.exporter}")
    assert (checks["here", "port"]["result"], "healthy" in checks["here", "port"]["found"]) == ("ok", True)
    assert run(["rules", str(tmp_path / "rules")]) == 0
    doctor.forget_output()
    with alertmanager(ALERTMANAGER_YML.read_text(encoding="utf-8"), tmp_path) as pager:
        prometheus.reload(
            f"global: {{scrape_interval: 1s}}\nrule_files: ['{tmp_path}/rules/*.rules.yml']\n"
            f"scrape_configs: [{{job_name: boks, static_configs: [{{targets: ['{prometheus.exporter}']}}]}}]\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{pager.removeprefix('http://')}']}}]}}]}}\n"
        )
        query = f"{prometheus.url}/api/v1/query?query=boks_domain_hosts"
        until("the first scrape", lambda: get(query)["data"]["result"])
        until("the pager", lambda: get(f"{prometheus.url}/api/v1/alertmanagers")["data"]["activeAlertmanagers"])
        code, checks = doctor.run(*options, f"--alertmanager={pager}")
    found = {
        name: check["result"] for (about, name), check in checks.items() if about in {"prometheus", "alertmanager"}
    }
    assert (code, set(found.values()), len(found)) == (0, {"ok"}, 8)


@pytest.mark.parametrize(
    ("config", "result"),
    [
        ("route: {receiver: x}\nreceivers: [{name: x}]\n", "failed"),
        ("route: {receiver: x}\nreceivers: [{name: x, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]\n", "warning"),
    ],
)
def test_an_alertmanager_that_sends_nothing_or_everything_alike(
    doctor: Doctor, tmp_path: Path, config: str, result: str
) -> None:
    with alertmanager(config, tmp_path) as pager:
        _, checks = doctor.run("MASTER1", f"--alertmanager={pager}")
    assert checks["alertmanager", "route of BoksNoMaster"]["result"] == result
    assert checks["alertmanager", "inhibitions"]["result"] == "warning"


@pytest.mark.parametrize("option", ["--prometheus", "--alertmanager"])
def test_a_server_that_is_not_there_is_a_failure(doctor: Doctor, option: str) -> None:
    code, checks = doctor.run("MASTER1", f"{option}=http://127.0.0.1:{free_port()}")
    assert (code, failures(checks)) == (1, {(option.removeprefix("--"), "answer")})


@pytest.mark.parametrize("labels", ALERTS, ids=lambda labels: " ".join(labels.values()))
def test_routes_are_followed_as_alertmanager_follows_them(tmp_path: Path, labels: dict[str, str]) -> None:
    from ruamel.yaml import YAML

    file = tmp_path / "alertmanager.yml"
    file.write_text(ROUTES, encoding="utf-8")
    command = ["amtool", "config", "routes", "test", f"--config.file={file}"]
    shown = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in labels.items())], capture_output=True, text=True, timeout=60
    )
    found = routes_of(YAML(typ="safe", pure=True).load(ROUTES)["route"], labels)
    assert [route["receiver"] for route in found] == shown.stdout.strip().split(",")
