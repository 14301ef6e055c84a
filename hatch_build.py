"""Build hook: writes the commit of the checkout into the package, for `boks-exporter version` and build_info."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NAME = "boks_exporter/revision.txt"


class RevisionHook(BuildHookInterface):  # type: ignore[type-arg]  # of any builder configuration
    """Adds revision.txt to a wheel or sdist that is built from a checkout; an sdist has the file already."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the file; an editable installation asks git when it runs."""
        root = Path(self.root)
        if version == "editable" or not (root / ".git").exists():
            return
        command = ["git", "-C", str(root), "rev-parse", "--verify", "HEAD"]
        # A hook's GIT_DIR names another repository.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            commit = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout  # noqa: S603 - fixed words
        except (OSError, subprocess.CalledProcessError):
            return
        self._directory = tempfile.TemporaryDirectory()
        file = Path(self._directory.name) / "revision.txt"
        file.write_text(commit, encoding="ascii")
        build_data["force_include"][str(file)] = _NAME

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """Remove the temporary file."""
        if hasattr(self, "_directory"):
            self._directory.cleanup()
