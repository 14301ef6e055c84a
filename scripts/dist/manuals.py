"""Man pages and shell completions, made from the command definitions."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from boks_exporter.cli.root_command import program as root_command
from scripts.dist.context import Release, tool
from scripts.dist.man_page import man_pages

_SHELLS: Final = {
    "bash": "bash-completion/completions/boks-exporter",
    "zsh": "zsh/vendor-completions/_boks-exporter",
    "fish": "fish/vendor_completions.d/boks-exporter.fish",
}


def write_manuals(release: Release, share: Path) -> None:
    """Write man pages and completions below a `share` directory."""
    pages = share / "man" / "man1"
    pages.mkdir(parents=True)
    date = time.strftime("%Y-%m-%d", time.gmtime(int(release.epoch)))
    for name, text in man_pages(root_command, "boks-exporter", release.version, date).items():
        (pages / name).write_text(text, encoding="ascii")
    program = tool("boks-exporter")
    for shell, name in _SHELLS.items():
        target = share / name
        target.parent.mkdir(parents=True)
        environment = os.environ | {"_BOKS_EXPORTER_COMPLETE": f"{shell}_source"}
        script = subprocess.run([program], env=environment, capture_output=True, text=True, check=False).stdout
        if "boks" not in script:
            message = f"{program} printed no completion for {shell}; expected click's script"
            raise RuntimeError(message)
        target.write_text(script, encoding="utf-8")
    sys.stderr.write(f"{len(list(pages.iterdir()))} man pages\n")
