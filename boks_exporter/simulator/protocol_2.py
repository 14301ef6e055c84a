"""Rewrite a reply of protocol 1 in the frames of protocol 2."""

import re
from typing import Final

from boks_exporter.remote.request import OLD_PROTOCOL, PROTOCOL
from boks_exporter.simulator.gate_channel import VERSION

_SECONDS: Final = re.compile(r" seconds=\d+$")


def with_nonce(reply: bytes, nonce: str) -> bytes:
    """Replace prefixes by the nonce's frames: `=` by `=NONCE `, `!` by a frame before the errors."""
    lines: list[str] = []
    name, is_in_errors = "", False
    for line in reply.decode(errors="surrogateescape").removesuffix("\n").split("\n"):
        if line.startswith("="):
            words = line[1:].split()
            name, is_in_errors = (words[1] if words[0] == "section" else name), False
            lines.append(f"={nonce} {_frame(line[1:])}")
            continue
        if line.startswith("!") and not is_in_errors:
            is_in_errors = True
            lines.append(f"={nonce} errors {name}")
        lines.append(line[1:])
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


def _frame(text: str) -> str:
    if text.startswith(f"{OLD_PROTOCOL} "):
        return re.sub(r"^\S+ version=\S+", f"{PROTOCOL} version={VERSION}", text)
    return _SECONDS.sub("", text) if " exit=" in text and " state=" not in text else text
