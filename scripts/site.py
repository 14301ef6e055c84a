"""Build the documentation as a site: `python scripts/site.py`; the pages keep the folders that their links count on."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "build" / "site-source"
_FOLDERS: Final = ("docs", "deploy")
_FILES: Final = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")


def stage() -> None:
    """Copy every page, and every file that a page links to, to where the site is built from."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, SOURCE / folder)
    for name in _FILES:
        shutil.copy(ROOT / name, SOURCE / name)


def main() -> int:
    """Build the site; a link that leads nowhere fails."""
    stage()
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--config-file",
        str(ROOT / "mkdocs.yml"),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
