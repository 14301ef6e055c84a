"""deploy/compose.yaml: what it mounts is there, what it starts is pinned, and its parts find one another."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from boks_exporter.cli.root_command import program
from tests.nonempty import nonempty
from tests.shipped_rules import ROOT

DEPLOY = ROOT / "deploy"


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


COMPOSE = _yaml(DEPLOY / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
PROMETHEUS = _yaml(DEPLOY / "compose" / "prometheus.yml")
OWN_IMAGE = "boks-exporter"
STATED_PORTS = {"exporter": "16500", "prometheus": "9090", "alertmanager": "9093", "grafana": "3000"}


def _mounts(service: dict[str, Any]) -> dict[str, str]:
    return {inside: outside for outside, inside in (mount.split(":")[:2] for mount in service.get("volumes", []))}


@pytest.mark.parametrize("name", [name for name in SERVICES if SERVICES[name].get("volumes")])
def test_what_is_mounted_is_there(name: str) -> None:
    """Files and directories of the project exist and are mounted read-only; everything else is a named volume."""
    for mount in nonempty(SERVICES[name]["volumes"]):
        outside, *inside = mount.split(":")
        if outside.startswith("."):
            assert (DEPLOY / outside).exists(), mount
            assert inside[-1] == "ro"
        else:
            assert outside in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    """Others' images have a full version and name their registry; ours has the project's own version."""
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag)
    if image == OWN_IMAGE:
        assert f'version = "{tag}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    else:
        assert image.startswith("docker.io/")


def test_ours_is_built_from_here() -> None:
    """The context holds the Dockerfile that is named."""
    build = SERVICES["exporter"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == ROOT / "Dockerfile"


@pytest.mark.parametrize("name", STATED_PORTS)
def test_ports_are_for_this_machine_alone(name: str) -> None:
    """Each part is reached on loopback, at the port that the head of the file names."""
    port = STATED_PORTS[name]
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    head = (DEPLOY / "compose.yaml").read_text(encoding="utf-8").partition("services:")[0]
    assert f":{port}" in head


def test_the_exporter_starts_with_a_command_that_exists() -> None:
    """The demo by default, and the daemon as the head of the file tells; both are parsed by the program itself."""
    demo = re.fullmatch(r"\$\{BOKS_EXPORTER_COMMAND:-(.+)\}", SERVICES["exporter"]["command"])
    own = re.search(r"BOKS_EXPORTER_COMMAND=(serve .+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert demo
    assert own
    for words in (demo[1], own[1]):
        name, *arguments = shlex.split(words)
        command = program.get_command(click.Context(program), name)
        assert command
        command.make_context(name, arguments)
        assert ":16500" in words


@pytest.mark.parametrize("name", ["exporter", "pager"])
def test_ours_run_locked_in(name: str) -> None:
    """A read-only root, no capability, and no way to more of them."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_prometheus_finds_exporter_rules_and_alertmanager() -> None:
    """By the services' own names and ports, and under the job that the rules ask for."""
    (job,) = PROMETHEUS["scrape_configs"]
    assert (job["job_name"], job["static_configs"]) == ("boks", [{"targets": ["exporter:16500"]}])
    (manager,) = PROMETHEUS["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    (rules,) = PROMETHEUS["rule_files"]
    outside = DEPLOY / _mounts(SERVICES["prometheus"])[str(Path(rules).parent)]
    assert list(outside.glob(Path(rules).name))


def test_grafana_finds_dashboards_and_prometheus() -> None:
    """What provisioning names is where compose puts it."""
    mounts = _mounts(SERVICES["grafana"])
    provisioning = DEPLOY / mounts["/etc/grafana/provisioning"]
    (provider,) = _yaml(provisioning / "dashboards" / "boks.yaml")["providers"]
    dashboards = DEPLOY / mounts[provider["options"]["path"]]
    assert list(dashboards.glob("*.json"))
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home.parent == Path(provider["options"]["path"])
    assert (dashboards / home.name).is_file()
    (source,) = _yaml(provisioning / "datasources" / "boks.yaml")["datasources"]
    assert source["url"] == "http://prometheus:9090"


def test_alertmanager_reaches_the_pager() -> None:
    """Every receiver is at the address at which the pager listens, in the network that both share."""
    config = _yaml(DEPLOY / _mounts(SERVICES["alertmanager"])["/etc/alertmanager/alertmanager.yml"])
    urls = {hook["url"] for receiver in config["receivers"] for hook in receiver["webhook_configs"]}
    assert {url.rpartition("/")[0] for url in urls} == {"http://127.0.0.1:9095"}
    assert SERVICES["pager"]["network_mode"] == "service:alertmanager"
    assert "else 9095" in (DEPLOY / "compose" / "pager.py").read_text(encoding="utf-8")
