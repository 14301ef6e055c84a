"""Wheel, sdist, the locked dependencies' wheels, the offline bundle and the single-file executable."""

import shutil
import sys
import tarfile
from pathlib import Path
from typing import Final

from scripts.dist.context import ROOT, Release, run, tool

_RUNTIME_LOCK: Final = ROOT / "requirements" / "runtime.txt"
_INSTALL: Final = """\
#!/bin/sh
# Install boks-exporter into a directory of its own, without a network: sh install.sh [DIRECTORY]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/boks-exporter}
python=${PYTHON:-@python@}
"$python" -m venv "$target"
"$target/bin/python" -m pip --disable-pip-version-check install --no-index --find-links "$here/wheels" \\
	--no-deps --require-hashes -r "$here/requirements.txt"
echo "installed: $target/bin/boks-exporter"
"""


def build_wheel_and_sdist(release: Release) -> None:
    """Build the project's own two packages."""
    python = Path(sys.executable)
    run(python, "-m", "build", "--no-isolation", "--outdir", release.output, ROOT, epoch=release.epoch)


def collect_wheels(release: Release) -> None:
    """Fetch the wheels that the lock names, for this Python and platform; the lock's hashes are checked."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps", "--only-binary", ":all:")
    run(*pip, "--require-hashes", "-r", _RUNTIME_LOCK, "-d", release.wheels)


def build_offline_bundle(release: Release) -> Path:
    """Pack all wheels, a lock with their hashes and an installer: for machines that reach no package index."""
    name = f"boks-exporter-{release.version}-offline-{release.python_tag}"
    folder = release.scratch / name
    shutil.copytree(release.wheels, folder / "wheels")
    shutil.copy(release.wheel, folder / "wheels")
    digest = run(sys.executable, "-m", "pip", "hash", "--algorithm", "sha256", release.wheel).split("sha256:")[1].strip()
    own = f"boks-exporter=={release.version} --hash=sha256:{digest}\n"
    (folder / "requirements.txt").write_text(_RUNTIME_LOCK.read_text(encoding="utf-8") + own, encoding="utf-8")
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "install.sh").write_text(_INSTALL.replace("@python@", python), encoding="utf-8")
    bundle = release.output / f"{name}.tar.gz"
    with tarfile.open(bundle, "w:gz") as archive:
        archive.add(folder, name, filter=lambda each: _anonymous(each, int(release.epoch)))
    return bundle


def build_executable(release: Release) -> Path:
    """Build one file that runs where Python is and nothing else; it unpacks compiled modules into the user's cache."""
    target = release.output / f"boks-exporter-{release.version}-{release.python_tag}.pex"
    python = f"/usr/bin/env python{sys.version_info.major}.{sys.version_info.minor}"
    options = ("--no-index", "--find-links", str(release.wheels), "--python-shebang", python)
    pex = (str(tool("pex")), str(release.wheel), *options, "--console-script", "boks-exporter", "--output-file", str(target))
    run(*pex, "--pex-root", str(release.scratch / "pex"), epoch=release.epoch)
    return target


def _anonymous(entry: tarfile.TarInfo, epoch: int) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = epoch
    return entry
