"""What all parts of a release share: version, revision, platform, directories, and how programs are run."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


class BuildError(RuntimeError):
    """A step of the build failed; the message holds the program's output."""


@dataclass(frozen=True)
class Release:
    """One build: where it goes and what it is built from."""

    version: str
    output: Path
    scratch: Path

    @property
    def python_tag(self) -> str:
        """The Python version and platform that compiled modules are for, such as `cp311-linux-x86_64`."""
        return f"cp{sys.version_info.major}{sys.version_info.minor}-{sysconfig.get_platform()}"

    @property
    def wheel(self) -> Path:
        """The project's own wheel."""
        return self.output / f"boks_exporter-{self.version}-py3-none-any.whl"

    @property
    def wheels(self) -> Path:
        """The wheels of all locked dependencies."""
        return self.scratch / "wheels"

    @cached_property
    def revision(self) -> str:
        """The commit that is built, or `unknown` outside of a checkout."""
        try:
            return run("git", "rev-parse", "HEAD").strip()
        except BuildError:
            return "unknown"

    @cached_property
    def epoch(self) -> str:
        """The commit's time: it becomes the time of every file, so that two builds of a commit are the same."""
        try:
            return run("git", "log", "-1", "--format=%ct").strip()
        except BuildError:
            return "315532800"  # 1980, the oldest time that a zip file can hold


def run(*argv: str | Path, cwd: Path = ROOT, epoch: str | None = None) -> str:
    """Run a program and return its standard output.

    Raises:
        BuildError: it ended with another status than 0.
    """
    environment = os.environ | ({"SOURCE_DATE_EPOCH": epoch} if epoch else {})
    done = subprocess.run([str(word) for word in argv], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(map(str, argv))} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
        raise BuildError(message)
    return done.stdout


def tool(name: str) -> Path:
    """Find a program of this Python environment."""
    return Path(sys.executable).with_name(name)
