"""Known host keys with their places; a malformed line is skipped and reported, as OpenSSH does."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.regular_files import read_regular

_REVOKED: Final = "@revoked"
_MARKERS: Final = ("@cert-authority", _REVOKED)
_EXPECTED: Final = "expected '[@marker] host[,host…] keytype key'"
_BLANKS: Final = re.compile("[ \t]+")
_NAMES: Final = re.compile("[!-~]+")
_BASE64: Final = re.compile("[A-Za-z0-9+/]+={0,2}")
_REPORTED_LINES: Final = 10
"""Of a file that is something else altogether, such as one in UTF-16, each line is malformed."""


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that cannot be used."""

    file: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}; the line is skipped"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of a host, and its place."""

    key: asyncssh.SSHKey
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{fingerprint(self.key)} ({self.file}:{self.line})"


@dataclass(frozen=True, slots=True)
class _Line:
    file: Path
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The usable lines of some files, as asyncssh matches them, and the lines that were skipped."""

    files: tuple[Path, ...]
    keys: asyncssh.SSHKnownHosts
    skipped: tuple[SkippedLine, ...]
    lines: tuple[_Line, ...] = field(repr=False, default=())

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def reported(self) -> tuple[SkippedLine, ...]:
        """Return the skipped lines to report: the first ones, and then the number of all others in one."""
        more = self.skipped[_REPORTED_LINES:]
        if len(more) < 2:  # noqa: PLR2004 - one line is as long as its count
            return self.skipped
        counted = SkippedLine(more[0].file, more[0].line, f"{more[0].problem}, and so are {len(more) - 1} later lines")
        return (*self.skipped[:_REPORTED_LINES], counted)

    def match(self, host: str, port: int | None) -> tuple[list[asyncssh.SSHKey], ...]:
        """Find the trusted keys of a host, its authorities' and the revoked ones, as OpenSSH does.

        The name alone counts: an address for which a key is known vouches for no name that leads to it. Without a line
        for the port, the lines without a port count.
        """
        trusted, authorities, revoked = _named(self.keys, host, port)
        if port and not (trusted or authorities):
            trusted, authorities, more = _named(self.keys, host, None)
            revoked += more
        return trusted, authorities, revoked

    def keys_of(self, host: str, port: int | None) -> Iterator[KnownKey]:
        """Find the keys of a host with their places; slow, for messages only."""
        at_port = list(self._places_of(host, port, 0)) if port else []
        yield from at_port or self._places_of(host, None, 0)

    @property
    def has_revoked(self) -> bool:
        """Return whether any line marks a key as revoked."""
        return any(line.text.startswith(_REVOKED) for line in self.lines)

    def revoked_of(self, host: str, port: int | None) -> Iterator[KnownKey]:
        """Find the keys that are marked as revoked for a host, with their places; slow, for messages only."""
        for at in dict.fromkeys((port, None)):
            yield from self._places_of(host, at, 2)

    def algorithms_of(self, host: str, port: int | None) -> tuple[str, ...]:
        """Return the signature algorithms of a host's known keys, for a server that has several keys."""
        return tuple(dict.fromkeys(name.decode() for key in self.match(host, port)[0] for name in key.sig_algorithms))

    def _places_of(self, host: str, port: int | None, kind: int) -> Iterator[KnownKey]:
        for line in self.lines:
            for key in _named(asyncssh.import_known_hosts(line.text), host, port)[kind]:
                yield KnownKey(key, line.file, line.number)


def read_known_hosts(files: Iterable[Path]) -> KnownHosts:
    """Read files; raises OSError where one cannot be read."""
    named = tuple(files)
    keys = asyncssh.SSHKnownHosts()
    good: list[_Line] = []
    skipped: list[SkippedLine] = []
    for file in named:
        # Comments may be in any encoding; names and keys are ASCII.
        for number, text in enumerate(read_regular(file).decode("ascii", "replace").split("\n"), 1):
            line = text.strip(" \t\r")
            if not line or line.startswith("#"):
                continue
            try:
                good.append(_Line(file, number, _load(keys, line)))
            except ValueError as error:
                skipped.append(SkippedLine(file, number, f"{_EXPECTED}, found {error}"))
    return KnownHosts(named, keys, tuple(skipped), tuple(good))


def fingerprint(key: asyncssh.SSHKey) -> str:
    """Write type and fingerprint as `ssh-keygen -l` does."""
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def _named(known: asyncssh.SSHKnownHosts, host: str, port: int | None) -> list[list[asyncssh.SSHKey]]:
    """Return the trusted keys, authorities and revoked keys of exactly this name, in lower case as its lines are."""
    name = f"[{host}]:{port}" if port else host
    return [list(found) for found in known.match(name.lower(), "", None)[:3]]


def _parts(line: str) -> tuple[str, ...]:
    """Split a line into marker, hosts, key type and key, without its comment; raises ValueError that says what it is.

    Only blanks and tabs separate, and one line is one entry: asyncssh, which ends a line at control characters too,
    gets no comment to read.
    """
    words = _BLANKS.split(line)
    if words[0].startswith("@") and words[0] not in _MARKERS:
        raise ValueError(f"the marker {words[0]!r}")
    parts = words[: 4 if words[0].startswith("@") else 3]
    if len(parts) < (4 if words[0].startswith("@") else 3):
        raise ValueError(repr(line[:60]))
    if not _NAMES.fullmatch(parts[-3]):
        raise ValueError("a host name with bytes that are not printable ASCII")
    if not parts[-3].startswith("|"):
        if "/" in parts[-3]:
            raise ValueError(f"a network ({parts[-3]}), which is no pattern of host names")
        parts[-3] = parts[-3].lower()
    if not _BASE64.fullmatch(parts[-1]):
        raise ValueError("an unusable key (it is not in base64)")
    return tuple(parts)


def _load(keys: asyncssh.SSHKnownHosts, line: str) -> str:
    """Add one line and return the part that counts; raises ValueError that says why it cannot be used."""
    parts = _parts(line)
    entry = " ".join(parts)
    try:
        asyncssh.import_public_key(" ".join(parts[-2:]))
        keys.load(entry)
    except ValueError as error:
        raise ValueError(f"an unusable key or host pattern ({error})") from error
    return entry
