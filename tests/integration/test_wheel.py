"""The wheel, built and installed as a user would: it holds everything, and the demo runs from nowhere."""

import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "prometheus": ROOT / "deploy" / "prometheus",
    "alertmanager": ROOT / "deploy" / "alertmanager",
    "grafana": ROOT / "deploy" / "grafana",
    "runbooks": ROOT / "docs" / "runbooks",
    "systemd": ROOT / "deploy" / "systemd",
}
RUNS_OUTSIDE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Installed:
    """The wheel and the program that was installed from it, to be run in a directory with nothing in it."""

    wheel: Path
    program: Path
    nowhere: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), *arguments]
        return subprocess.run(
            command, cwd=self.nowhere, env=RUNS_OUTSIDE, capture_output=True, text=True, timeout=60, check=True
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    directory = tmp_path_factory.mktemp("wheel")
    build = ["-m", "build", "--no-isolation", "--wheel", "--outdir", str(directory), str(ROOT)]
    _python(*build)
    (wheel,) = directory.glob("*.whl")
    home = directory / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    _python("-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--no-deps", str(wheel))
    # The locked packages are seen from here; the checkout, which is installed next to them by a hook, is not.
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "locked.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    nowhere = directory / "nowhere"
    nowhere.mkdir()
    yield Installed(wheel, home / "bin" / "boks-exporter", nowhere)
    assert list(nowhere.iterdir()) == []


def _python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_every_module_and_file(installed: Installed) -> None:
    """All of the package, gate included, and everything that is shipped with it."""
    package = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "boks_exporter").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    shipped = {
        f"boks_exporter/shipped/{name}/{file.relative_to(source)}"
        for name, source in SHIPPED.items()
        for file in source.rglob("*")
        if file.is_file()
    } | {"boks_exporter/shipped/schemas/status.schema.json"}
    with zipfile.ZipFile(installed.wheel) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == package | shipped | {"boks_exporter/revision.txt"}
    gates = {f"boks_exporter/remote/gate-{kind}.sh" for kind in ("reading", "operator", "installer")}
    named = {"boks_exporter/py.typed", *gates}
    assert named <= held


def test_the_program_is_the_installed_one(installed: Installed) -> None:
    """It finds itself in its own environment and knows its version."""
    python = installed.program.with_name("python")
    found = subprocess.run(
        [str(python), "-c", "import boks_exporter; print(boks_exporter.__file__)"],
        cwd=installed.nowhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(installed.program.parents[1])
    version = installed.wheel.name.split("-")[1]
    assert re.match(rf"boks-exporter {re.escape(version)}\b", installed.run("--version").stdout)


def test_the_demo_runs_from_nowhere(installed: Installed) -> None:
    """In an empty directory, without a home, it comes up, tells where, and ends by itself."""
    said = installed.run("demo", "--duration", "5s", "--listen", "127.0.0.1:0").stdout
    assert re.search(r"http://127\.0\.0\.1:\d+/metrics", said)


@pytest.mark.parametrize(
    ("command", "names"), [("rules", ("prometheus", "alertmanager", "runbooks")), ("dashboards", ("grafana",))]
)
def test_rules_and_dashboards_are_at_hand(
    command: str, names: tuple[str, ...], installed: Installed, tmp_path: Path
) -> None:
    """The wheel has every file, as a checkout has it; the alerts name the runbooks next to them."""
    installed.run(command, str(tmp_path))
    written = sorted(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    shipped = sorted(
        file.read_bytes().replace(b"runbook_url: docs/runbooks/", b"runbook: runbooks/")
        for name in names
        for file in SHIPPED[name].rglob("*")
        if file.is_file()
    )
    assert written == shipped


def test_the_gate_is_at_hand(installed: Installed) -> None:
    """The script for the hosts comes out of the wheel byte for byte."""
    assert installed.run("gate").stdout == (ROOT / "boks_exporter" / "remote" / "gate-reading.sh").read_text(
        encoding="utf-8"
    )


def test_the_installed_program_shows_its_commit(installed: Installed) -> None:
    """A wheel that was built in a checkout knows the commit, wherever it is installed."""
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)

    assert f"revision  {head.stdout}" in installed.run("version").stdout
