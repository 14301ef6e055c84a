"""Consistent replacements for names, addresses and check sums, each as wide as what it replaces."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count, product
from typing import Final

_WORDS: Final = """
    server since last pckt packet fail failure sync count status host replica replicas master client servers
    hosts clients ok loading down never n a unknown other total free used largest lines files oldest sequence
    list table tables boks boksinit shm_size bridge_accept_master_ips bcastaddr export method.conf boksdiag
    boksadm dumpbase fque boks_master boks_servc boks_servm boks_clntd boks_bridge boks_init boks_authd
    boks_csspd boks_udsqd boks_cron boks_xd boks_drainmast boks_ftsd boks_ftcd boks_errlog servc servm clntd
    data database sequence.dat checksum mismatch cannot encrypt message warning error errors failed refused
    denied permission not found no such file or directory command usage option invalid illegal argument memory
    shared attach attached segment connection connected disconnected timeout timed out reset by peer port
    address node key hostkey wrong from to of in on at for with and is are was were has have been being the this
    that it its be will read write reading writing retrying retry locked lock unlock busy stale syncing stopped
    starting started running done ready disabled enabled removed missing incomplete complete corrupt damaged
    copy copying reload reloading update updates queue full empty jan feb mar apr may jun jul aug sep oct nov
    dec mon tue wed thu fri sat sun root bin daemon sys adm boksm wheel you new mail manager version release
    welcome login authorized only use yes true false none null all any each every per more less than after
    before during until between up off
"""
KEPT: Final = frozenset(_WORDS.split())

_PATTERNS: Final = re.compile(r"T[0-9]{1,4}|[0-9]+D|dd_fcom_[0-9]*|LCK|ENV|tty[0-9]*", re.IGNORECASE)


def is_kept(word: str) -> bool:
    """Whether a word says something about BoKS and nothing about a site."""
    return word.lower() in KEPT or _PATTERNS.fullmatch(word) is not None


IPV4: Final = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]*\w)")
IPV6: Final = re.compile(
    r"(?<![\w:.])(?=:*[0-9a-f])(?=[0-9a-f:]*(?:::|(?:[0-9a-f]*:){4}))[0-9a-f]*(?::[0-9a-f]*){2,7}", re.IGNORECASE
)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST: Final = "hijklmnopqrsuvwxyzabcdefg"
"""A name begins with a letter, and not with that of a table."""
_DOCUMENTATION: Final = ("192.0.2.", "198.51.100.", "203.0.113.", "240.0.0.", "240.100.100.", "0.0.0.", "0.0.")


class _Replacements:
    """One kind of replacement; each text has its own, which is neither another's nor an original."""

    def __init__(self, candidates: Callable[[str], Iterator[str]], shape: Callable[[str], object]) -> None:
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()
        self._candidates = candidates
        self._shape = shape
        self._rest: dict[object, Iterator[str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, original: str) -> bool:
        return original in self._known

    def __getitem__(self, original: str) -> str:
        """Return a text's replacement; texts of the same shape share what is left of its candidates."""
        if original not in self._known:
            self._taken.add(original)
            rest = self._rest.setdefault(self._shape(original), self._candidates(original))
            self._known[original] = found = next(each for each in rest if each not in self._taken)
            self._taken.add(found)
        return self._known[original]


class Aliases:
    """The replacements of one recording; the same name has the same replacement everywhere."""

    def __init__(self) -> None:
        self._labels = _Replacements(_label_candidates, len)
        self._ipv4 = _Replacements(_ipv4_candidates, len)
        self._ipv6 = _Replacements(_ipv6_candidates, lambda address: re.sub(r"[0-9a-fA-F]", "0", address))
        self._places = _Replacements(_label_candidates, len)
        self._sums = _Replacements(_sum_candidates, len)

    def __repr__(self) -> str:
        return f"<Aliases of {len(self._labels)} labels and {len(self._ipv4) + len(self._ipv6)} addresses>"

    def add_names(self, names: Iterable[str]) -> None:
        """Make replacements for the labels of host names; words of BoKS's own are no secret and stay."""
        for name in names:
            if IPV4.fullmatch(name) or IPV6.fullmatch(name):
                continue
            for label in name.split("."):
                if label and not is_kept(label) and not label.isdigit():
                    _ = self._labels[label.casefold()]

    def name(self, name: str) -> str:
        """Replace a name label by label, or an address; labels that are not known stay."""
        if IPV4.fullmatch(name) or IPV6.fullmatch(name):
            return self.address(name)
        return ".".join(map(self._label, name.split(".")))

    def machine(self, name: str) -> str:
        """Replace a machine's own name, which need not be that of a known host."""
        self.add_names([name])
        return self.name(name)

    def place(self, text: str) -> str:
        """Replace the name of a site or section, which may be a number or a network."""
        return self._places[text] if text else ""

    def knows(self, name: str) -> bool:
        """Whether every label of a name has a replacement."""
        labels = [label for label in name.split(".") if label]
        return bool(labels) and all(label.casefold() in self._labels for label in labels)

    def address(self, address: str) -> str:
        """Replace an address by one for documentation or a reserved one."""
        return (self._ipv6 if ":" in address else self._ipv4)[address]

    def check_sum(self, digits: str) -> str:
        """Replace a check sum, from which a short text could be guessed."""
        return self._sums[digits]

    def _label(self, label: str) -> str:
        folded = label.casefold()
        if folded not in self._labels:
            return label
        return self._labels[folded].upper() if label.isupper() else self._labels[folded]


def _label_candidates(label: str) -> Iterator[str]:
    """Names such as h0001, as wide as the label; where these are used up, wider ones."""
    for width in count(len(label)):
        numbers = range(len(_DIGITS) ** min(width - 1, 4))  # product() would make a tuple of a million numbers
        names = (first + _base_36(number).rjust(width - 1, "0")[: width - 1] for first in _FIRST for number in numbers)
        yield from (name for name in names if not is_kept(name))


def _base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _ipv4_candidates(address: str) -> Iterator[str]:
    for start in _DOCUMENTATION:
        for last in range(1, 255):
            ends = (f"{last}",) if start != "0.0." else (f"{middle}.{last}" for middle in range(255))
            yield from (start + end for end in ends if len(start + end) == len(address))
    yield from (f"240.{a}.{b}.{c}" for a, b, c in product(range(255), repeat=3))


def _ipv6_candidates(address: str) -> Iterator[str]:
    """Zeros in the address's own shape, with a number in its last digits; where these are used up, longer ones."""
    places = [at for at, character in enumerate(address) if character != ":"]
    for number in range(1, 16 ** min(len(places), 4)):
        digits = dict(zip(places, f"{number:x}".rjust(len(places), "0"), strict=True))
        yield "".join(digits.get(at, ":") for at in range(len(address)))
    yield from (f"2001:db8::{number:x}" for number in count(1))


def _sum_candidates(digits: str) -> Iterator[str]:
    yield from (str(number).rjust(len(digits), "1") for number in count(1))
