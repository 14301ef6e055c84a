"""Version, revision and Python of this program."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from boks_exporter.exposition import ExporterInfo

_PACKAGE: Final = "boks-exporter"
_UNKNOWN: Final = "unknown"


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
    """Return $BOKS_EXPORTER_REVISION, or the commit that pip recorded."""
    return os.environ.get("BOKS_EXPORTER_REVISION") or _recorded_by_pip() or _UNKNOWN


def _recorded_by_pip() -> str | None:
    """Read direct_url.json (PEP 610), which pip writes for a package installed from a repository."""
    try:
        text = distribution(_PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    commit = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    return str(commit) if commit else None
