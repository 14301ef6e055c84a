"""The shipped units, as systemd's own tools read them, and a wedged poll loop that lets its watchdog starve."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click import Command, Context
from click.testing import CliRunner

from boks_exporter.cli.root_command import program
from tests.integration.alerting import get, running
from tests.unit.app_running import Recorded

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
STARTED = (
    "boks-exporter.service",
    "boks-exporter@prod.service",
    "boks-exporter-check.service",
    "boks-exporter-check.timer",
)
MOST_EXPOSED = 1.5
PATIENCE = 120.0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's tree with systemd's own units, ours, and the programs that they start."""
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    units = root / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in (*SERVICES, *UNITS.glob("*.timer")):
        shutil.copy(unit, units)
    for name in ("usr/bin/boks-exporter", "bin/kill"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)
    return root


@pytest.mark.parametrize("unit", STARTED)
def test_systemd_reports_nothing(unit: str, machine: Path) -> None:
    """`systemd-analyze verify` is silent: for an unknown key it prints a line and still exits 0."""
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={machine}", unit]
    verified = subprocess.run(verify, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    ours = [line for line in (verified.stdout + verified.stderr).splitlines() if "boks" in line]
    assert (verified.returncode, ours) == (0, [])


def test_every_unit_is_verified() -> None:
    """No unit is shipped that the test above leaves out."""
    shipped = {unit.name for unit in UNITS.iterdir() if unit.suffix in {".service", ".timer"}}
    assert {name.replace("@prod", "@") for name in STARTED} == shipped


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_locked_in(unit: Path) -> None:
    """The exposure that systemd computes is near the least that a service with a network can have."""
    analyze = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}"]
    analyzed = subprocess.run([*analyze, str(unit)], capture_output=True, text=True)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", analyzed.stdout)
    assert score, analyzed.stdout + analyzed.stderr
    assert float(score[1]) <= MOST_EXPOSED
    assert analyzed.returncode == 0


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_starts_a_command_that_exists(unit: Path) -> None:
    """Command and options of ExecStart are the program's own."""
    (line,) = re.findall(r"^ExecStart=/usr/bin/boks-exporter (.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    name, *options = line.split()
    command = program.get_command(Context(program), name)
    assert isinstance(command, Command)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {option.partition("=")[0] for option in options} <= known
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_the_instances_differ_from_the_service_by_their_name_alone() -> None:
    """What one unit is hardened by the other is, too."""
    one, several = (
        [
            line.replace("-%i", "").replace("/%i", "").replace(" (%i)", "")
            for line in (UNITS / name).read_text(encoding="utf-8").splitlines()
            if not line.startswith(("#", "ExecStart="))
        ]
        for name in ("boks-exporter.service", "boks-exporter@.service")
    )
    assert one == several


def test_account_and_directories_are_made(tmp_path: Path) -> None:
    """Systemd's own tools make the account and the directory, and lock the key away."""
    for kind in ("sysusers", "tmpfiles"):
        where = tmp_path / "usr" / "lib" / f"{kind}.d"
        where.mkdir(parents=True)
        shutil.copy(UNITS / f"boks-exporter.{kind}.conf", where)
    (tmp_path / "etc" / "boks-exporter").mkdir(parents=True)
    secret = tmp_path / "etc" / "boks-exporter" / "id_boksmon"
    secret.write_text("made up", encoding="utf-8")
    secret.chmod(0o644)
    as_root = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        made = subprocess.run([*as_root, *command, f"--root={tmp_path}"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
    accounts = (tmp_path / "etc" / "passwd").read_text(encoding="utf-8").splitlines()
    assert [line.split(":")[5] for line in accounts if line.startswith("boks-exporter:")] == ["/var/lib/boks-exporter"]
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_wedged_poll_loop_lets_the_watchdog_starve(tmp_path: Path) -> None:
    """While rounds end, systemd's watchdog is fed; when they stand still it is not, though the web server answers."""
    address, wedge = tmp_path / "notify", tmp_path / "wedge"
    file = Recorded(tmp_path).configure(interval="100ms")
    script = str(Path(__file__).with_name("wedged_exporter.py"))
    command = [sys.executable, script, str(wedge), "serve", f"--config.file={file}", "--web.listen-address=127.0.0.1:0"]
    environment = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "200000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(PATIENCE)
        with running(["env", *(f"{key}={value}" for key, value in environment.items()), *command], tmp_path / "log"):
            for _ in range(5):
                _next(systemd, b"WATCHDOG=1")
            wedge.touch()
            # Three intervals of grace, and what was under way; then silence for ten times the watchdog's own time.
            time.sleep(1.0)
            _drain(systemd)
            systemd.settimeout(2.0)
            with pytest.raises(TimeoutError):
                _next(systemd, b"WATCHDOG=1")
            listens = re.search(r"event=listening url=(\S+)/", (tmp_path / "log").read_text(encoding="utf-8"))
            assert listens
            assert "boks_round_last_timestamp_seconds" in get(f"{listens[1]}/metrics")


def _next(systemd: socket.socket, wanted: bytes) -> None:
    while systemd.recv(4096) != wanted:
        continue


def _drain(systemd: socket.socket) -> None:
    systemd.setblocking(False)
    try:
        while systemd.recv(4096):
            continue
    except BlockingIOError:
        return
