"""What this program is: version, revision and the Python that runs it."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from boks_exporter.exposition import ExporterInfo

_PACKAGE: Final = "boks-exporter"
_UNKNOWN: Final = "unknown"


def exporter_info() -> ExporterInfo:
    """Describe the program as `boks_exporter_build_info` shows it."""
    return ExporterInfo(version=version(), revision=revision(), python=platform.python_version())


def version() -> str:
    """Tell the version of the installed package; a source tree that was never installed has none."""
    try:
        return distribution(_PACKAGE).version
    except PackageNotFoundError:
        return _UNKNOWN


def revision() -> str:
    """Tell the revision: what the build put into $BOKS_EXPORTER_REVISION, or what pip noted of a repository."""
    return os.environ.get("BOKS_EXPORTER_REVISION") or _noted_by_pip() or _UNKNOWN


def _noted_by_pip() -> str | None:
    """Read direct_url.json (PEP 610), which pip writes for a package installed from a repository."""
    try:
        text = distribution(_PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    commit = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    return str(commit) if commit else None
