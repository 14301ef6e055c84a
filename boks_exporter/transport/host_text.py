"""Cleaning of what a host sends, where it enters: no control, format or bidirectional characters."""

import re
from dataclasses import replace
from typing import Final

from boks_exporter.text.harmless import UNSEEN
from boks_exporter.transport.base import RawReply

MESSAGE_CHARACTERS: Final = 400

_REMOVED: Final = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{UNSEEN}]")
"""C0 but tab and line ends, and what no reader sees."""
_REMOVED_ASCII: Final = bytes(code for code in range(128) if _REMOVED.match(chr(code)))


def cleaned(text: str) -> str:
    """Return a message as one line of printable text; characters that a terminal acts on become `?`."""
    line = " ".join(_REMOVED.sub("?", text[: MESSAGE_CHARACTERS + 1]).split())
    return line if len(text) <= MESSAGE_CHARACTERS else f"{line[:MESSAGE_CHARACTERS]}…"


def cleaned_reply(reply: RawReply) -> RawReply:
    """Return a reply whose output and errors hold nothing that a terminal, a log or a page acts on."""
    if _is_clean(reply.stdout) and _is_clean(reply.stderr):
        return reply
    return replace(reply, stdout=_cleaned_bytes(reply.stdout), stderr=_cleaned_bytes(reply.stderr))


def _is_clean(output: bytes) -> bool:
    return output.isascii() and len(output.translate(None, _REMOVED_ASCII)) == len(output)


def _cleaned_bytes(output: bytes) -> bytes:
    return _REMOVED.sub("?", output.decode(errors="replace")).encode()
