"""Run a program in namespaces of its own: with its end, everything ends that it started, made or mounted."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.bed.memory_group import remove_groups
from tests.bed.options import Options
from tests.bed.programs import ROOT

_UNSHARE: Final = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_AROUND_SECONDS: Final = 300.0
_FIRST: Final = ("sh", "-c", '"$@" & wait $!', "sh")
"""The first process of a process namespace must reap orphans, as a shell that waits does."""


def run_privately(options: Options) -> dict[str, Any]:
    """Run a bed to its end and return what it found; raises RuntimeError with its errors where it fails."""
    with tempfile.TemporaryDirectory(prefix="boks-bed-") as directory:
        Path(directory).chmod(0o755)
        command = (*_UNSHARE, *_FIRST, sys.executable, "-m", "tests.bed.inside", directory, json.dumps(asdict(options)))
        try:
            ran = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT, timeout=_AROUND_SECONDS + 1.2 * options.seconds
            )
        finally:
            remove_groups(Path(directory).name)
    if ran.returncode:
        message = f"the bed failed with exit status {ran.returncode}: {ran.stderr}"
        raise RuntimeError(message)
    return {"directory": directory, **json.loads(ran.stdout)}
