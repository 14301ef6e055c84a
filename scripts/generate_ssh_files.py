"""Write deploy/ssh/ from what the program prints; a test compares."""

from typing import Final

from boks_exporter.remote.installation import (
    DEFAULT_GATE_PATH,
    DEFAULT_OPERATOR,
    DEFAULT_OPERATOR_GATE_PATH,
    DEFAULT_USER,
    authorized_keys_line,
    gate_conf,
    instructions,
    sent_sudoers_lines,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix, RemotePaths
from scripts.generated_blocks import ROOT, filled_page, write

FOLDER: Final = ROOT / "deploy" / "ssh"

EXAMPLE_KEY: Final = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINMWKJ+lJmfT2P6S0iEOvZNEP3ld0Wxmi5YUXT9SH2da "
    "boks-exporter (example key: replace it)"
)
EXAMPLE_FROM: Final = "192.0.2.10"


def files() -> dict[str, str]:
    """Return the text of every file, by its name."""
    paths = RemotePaths(prefix=Prefix.SUDO)
    return {
        "README.md": _page(
            "README.md", instructions(DEFAULT_USER, EXAMPLE_FROM, EXAMPLE_KEY, DEFAULT_GATE_PATH, paths)
        ),
        "authorized_keys.example": authorized_keys_line(EXAMPLE_KEY, EXAMPLE_FROM),
        "boks-gate.conf": gate_conf(paths),
        "boks-exporter.sudoers": sudoers_lines(DEFAULT_USER),
        "boks-exporter-sent.sudoers": sent_sudoers_lines(DEFAULT_USER, paths),
        "OPERATOR.md": _page(
            "OPERATOR.md",
            instructions(DEFAULT_OPERATOR, EXAMPLE_FROM, EXAMPLE_KEY, DEFAULT_OPERATOR_GATE_PATH, paths, operator=True),
        ),
        "operator-authorized_keys.example": authorized_keys_line(EXAMPLE_KEY, EXAMPLE_FROM, DEFAULT_OPERATOR_GATE_PATH),
        "boks-operator.sudoers": sudoers_lines(DEFAULT_OPERATOR, DEFAULT_OPERATOR_GATE_PATH),
    }


def _page(name: str, text: str) -> str:
    return filled_page(FOLDER / name, {"instructions": text})


if __name__ == "__main__":
    for name, text in files().items():
        write(FOLDER / name, text)
