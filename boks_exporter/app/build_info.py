"""Version, revision and Python of this program."""

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from boks_exporter.exposition import ExporterInfo

_PACKAGE: Final = "boks-exporter"
_UNKNOWN: Final = "unknown"
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_BUILD_RECORD: Final = Path(__file__).resolve().parents[1] / "revision.txt"
_GIT_SECONDS: Final = 2.0


def exporter_info() -> ExporterInfo:
    """Return the labels of `boks_exporter_build_info`."""
    return ExporterInfo(version=version(), revision=revision(), python=platform.python_version())


def version() -> str:
    """Return the version of the installed package, or `unknown` for a source tree."""
    try:
        return distribution(_PACKAGE).version
    except PackageNotFoundError:
        return _UNKNOWN


def revision() -> str:
    """Return $BOKS_EXPORTER_REVISION, or the commit that pip or the build recorded, or that the checkout is at."""
    return (
        os.environ.get("BOKS_EXPORTER_REVISION")
        or _recorded_by_pip()
        or _recorded_by_build()
        or _of_checkout()
        or _UNKNOWN
    )


def _recorded_by_pip() -> str | None:
    """Read direct_url.json (PEP 610), which pip writes for a package installed from a repository."""
    try:
        text = distribution(_PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    commit = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    return str(commit) if commit else None


def _recorded_by_build() -> str | None:
    """Read the commit that hatch_build.py wrote into the package."""
    try:
        return _BUILD_RECORD.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _of_checkout() -> str | None:
    """Read the commit of the checkout that the package is in; a change that is not committed does not show."""
    if not (_CHECKOUT / ".git").exists():
        return None
    command = ["git", "-C", str(_CHECKOUT), "rev-parse", "--verify", "HEAD"]
    # A hook's GIT_DIR names another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True, env=env)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return None
    return shown.stdout.strip() or None
