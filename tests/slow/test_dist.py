"""Every package of a release, installed in a clean environment: each runs `version`, `config check` and the demo."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = "domains:\n  - name: prod\n    transport: {kind: ssh, user: boksmon}\n    hosts: [{name: master1}]\n"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "scripts.dist", str(output)], cwd=ROOT)
    return output


def run(argv: Sequence[str | Path], cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a program with nothing of this environment but PATH; it must end with status 0 or 1."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), **variables}
    if cwd == ROOT:
        environment = {**os.environ}
    done = subprocess.run(
        [str(word) for word in argv], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done


def works(program: Sequence[str | Path], home: Path, **variables: str) -> None:
    """Run `version`, `config check` and the demo with an installed program."""
    home.mkdir(exist_ok=True)
    assert "0.1.0" in run([*program, "--version"], home, **variables).stdout
    (home / "boks-exporter.yaml").write_text(CONFIGURATION, encoding="utf-8")
    run([*program, "config", "check", "boks-exporter.yaml"], home, **variables)
    demo = run([*program, "demo", "--duration", "5s", "--listen", "127.0.0.1:0"], home, **variables)
    assert "/metrics" in demo.stdout, demo.stdout + demo.stderr


def one(release: Path, pattern: str) -> Path:
    (found,) = release.glob(pattern)
    return found


@pytest.fixture
def empty_environment(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    yield home
    shutil.rmtree(home)


@pytest.mark.parametrize("pattern", ["*.whl", "boks_exporter-*.tar.gz"])
def test_wheel_and_sdist_install_from_local_files_alone(
    pattern: str, release: Path, empty_environment: Path, tmp_path: Path
) -> None:
    """No package index is asked: dependencies come from the offline bundle."""
    bundle = unpacked(release, tmp_path)
    pip = [empty_environment / "bin" / "pip", "--disable-pip-version-check", "install", "--no-index"]
    locked = ROOT / "requirements" / "build.txt"
    if pattern.endswith(".gz"):
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-r", locked, "-d", bundle / "wheels"], ROOT)
    run([*pip, "--find-links", bundle / "wheels", one(release, pattern)], tmp_path)
    works([empty_environment / "bin" / "boks-exporter"], tmp_path / "home")


def test_the_offline_bundle_installs_by_its_own_script(release: Path, tmp_path: Path) -> None:
    """The script makes a virtual environment and checks every wheel against its hash."""
    bundle = unpacked(release, tmp_path)
    target = tmp_path / "installed"
    run(["sh", bundle / "install.sh", target], tmp_path, PYTHON=sys.executable)
    works([target / "bin" / "boks-exporter"], tmp_path / "home")


def test_the_bundle_refuses_a_changed_wheel(release: Path, tmp_path: Path) -> None:
    """A wheel that is not the one that was built stops the installation."""
    bundle = unpacked(release, tmp_path)
    wheel = next(bundle.glob("wheels/click-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    done = run(["sh", bundle / "install.sh", tmp_path / "installed"], tmp_path, PYTHON=sys.executable)
    assert done.returncode == 1
    assert not (tmp_path / "installed" / "bin" / "boks-exporter").exists()


def test_the_single_file_runs_and_unpacks_into_a_private_cache(release: Path, tmp_path: Path) -> None:
    """It needs Python and nothing else."""
    executable = one(release, "*.pex")
    works([sys.executable, executable], tmp_path / "home", PEX_ROOT=str(tmp_path / "cache"))
    assert (tmp_path / "cache").is_dir()


@pytest.mark.parametrize(
    ("pattern", "unpack"), [("*.deb", "dpkg-deb -x {} ."), ("*.rpm", "rpm2cpio {} | cpio -idm --quiet")]
)
def test_system_packages_hold_the_program_and_what_belongs_to_it(
    pattern: str, unpack: str, release: Path, tmp_path: Path
) -> None:
    """Unit, account, directories, man pages for every command, and completions for three shells."""
    root = tmp_path / "root"
    root.mkdir()
    run(["sh", "-c", unpack.format(one(release, pattern))], root)
    names = {str(file.relative_to(root)) for file in root.rglob("*")}
    for ending in (
        "systemd/system/boks-exporter.service",
        "sysusers.d/boks-exporter.conf",
        "tmpfiles.d/boks-exporter.conf",
    ):
        assert any(name.endswith(ending) for name in names), ending
    pages = {name.rsplit("/", 1)[1] for name in names if "/man1/" in name}
    assert {"boks-exporter.1.gz", "boks-exporter-check.1.gz", "boks-exporter-failover-promote.1.gz"} <= pages
    for name in names:
        if "/man1/boks-exporter" in name:
            assert run(["sh", "-c", f"gunzip -c '{root / name}' | groff -ww -man -Tutf8 -z 2>&1"], root).stdout == "", (
                name
            )
    completions = {name for name in names if "complet" in name or "site-functions" in name or "zsh" in name}
    assert len([name for name in completions if name.endswith(("boks-exporter", "boks-exporter.fish"))]) >= 3
    library = root / "usr/lib/boks-exporter"
    launcher = f"import sys; sys.path.insert(0, {str(library)!r}); from boks_exporter.cli import main; main()"
    works([sys.executable, "-I", "-S", "-c", launcher], tmp_path / "home")


def test_sbom_provenance_and_checksums_name_every_part(release: Path) -> None:
    """The SBOM lists the lock, the provenance lists the files, and the check sums hold."""
    run(["sha256sum", "--check", "--strict", "SHA256SUMS"], release)
    sbom = json.loads(one(release, "*.cdx.json").read_text(encoding="utf-8"))
    names = {component["name"].lower() for component in sbom["components"]}
    assert {"asyncssh", "pydantic", "prometheus-client", "structlog"} <= names
    statement = json.loads(one(release, "*.provenance.json").read_text(encoding="utf-8"))
    subjects = {subject["name"] for subject in statement["subject"]}
    assert {file.name for file in release.iterdir()} - subjects == {
        "SHA256SUMS",
        one(release, "*.provenance.json").name,
    }


def unpacked(release: Path, tmp_path: Path) -> Path:
    """Unpack the offline bundle and return its folder."""
    shutil.unpack_archive(one(release, "*-offline-*.tar.gz"), tmp_path / "bundle", filter="data")
    return one(tmp_path / "bundle", "*")
