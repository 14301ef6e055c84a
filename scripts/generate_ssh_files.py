"""Write deploy/ssh/ from what the program prints; a test compares."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "deploy" / "ssh"
sys.path.insert(0, str(ROOT))

from boks_exporter.remote.installation import (  # noqa: E402 - found by the path that is set above
    DEFAULT_GATE_PATH,
    DEFAULT_OPERATOR,
    DEFAULT_USER,
    authorized_keys_line,
    gate_conf,
    instructions,
    operator_instructions,
    operator_keys_line,
    operator_sudoers_lines,
    sent_sudoers_lines,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix, RemotePaths  # noqa: E402 - as above

EXAMPLE_KEY: Final = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINMWKJ+lJmfT2P6S0iEOvZNEP3ld0Wxmi5YUXT9SH2da "
    "boks-exporter (example key: replace it)"
)
EXAMPLE_FROM: Final = "192.0.2.10"

TITLE: Final = """\
# Installing the gate on a BoKS host

<!-- Written by scripts/generate_ssh_files.py from boks_exporter/remote/install_texts.py; change it there. -->

`boks-exporter gate install` prints this page with your own key, addresses and paths. The files beside it:
`boks-gate.conf`, `authorized_keys.example`, `boks-exporter.sudoers` for an installed gate, and
`boks-exporter-sent.sudoers` for hosts on which nothing may be installed (`gate: sent`). What the key can and cannot do
stands in [docs/security.md](../../docs/security.md).

"""


OPERATOR_TITLE: Final = """\
# Allowing an operator's key to change a BoKS host

<!-- Written by scripts/generate_ssh_files.py from boks_exporter/remote/install_texts.py; change it there. -->

`boks-exporter gate install --operator` prints this page with your own key, addresses and paths. The files beside it:
`operator-authorized_keys.example` and `boks-operator.sudoers`. Do [README.md](README.md) first.

"""


def files() -> dict[str, str]:
    """Write every file, by its name."""
    paths = RemotePaths(prefix=Prefix.SUDO)
    return {
        "README.md": TITLE + instructions(DEFAULT_USER, EXAMPLE_FROM, EXAMPLE_KEY, DEFAULT_GATE_PATH, paths),
        "authorized_keys.example": authorized_keys_line(EXAMPLE_KEY, EXAMPLE_FROM),
        "boks-gate.conf": gate_conf(paths),
        "boks-exporter.sudoers": sudoers_lines(DEFAULT_USER, paths),
        "boks-exporter-sent.sudoers": sent_sudoers_lines(DEFAULT_USER, paths),
        "OPERATOR.md": OPERATOR_TITLE
        + operator_instructions(DEFAULT_OPERATOR, EXAMPLE_FROM, EXAMPLE_KEY, DEFAULT_GATE_PATH, paths),
        "operator-authorized_keys.example": operator_keys_line(EXAMPLE_KEY, EXAMPLE_FROM),
        "boks-operator.sudoers": operator_sudoers_lines(DEFAULT_OPERATOR),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {FOLDER.relative_to(ROOT)}: {', '.join(files())}")
