"""Consistent replacements for names, addresses and check sums, each as wide as what it replaces."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count, product
from typing import Final

from boks_exporter.recording.vocabulary import is_kept

IPV4: Final = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]*\w)")
IPV6: Final = re.compile(
    r"(?<![\w:.])(?=[0-9a-f:]*(?:::|(?:[0-9a-f]*:){4}))[0-9a-f]*(?::[0-9a-f]*){2,7}", re.IGNORECASE
)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_DOCUMENTATION: Final = ("192.0.2.", "198.51.100.", "203.0.113.", "240.0.0.", "240.100.100.", "0.0.0.", "0.0.")


class Aliases:
    """The replacements of one recording; the same name has the same replacement everywhere."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._sums: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Aliases of {len(self._labels)} labels and {len(self._addresses)} addresses>"

    def add_names(self, names: Iterable[str]) -> None:
        """Make replacements for the labels of host names; words of BoKS's own are no secret and stay."""
        for name in names:
            if IPV4.fullmatch(name) or IPV6.fullmatch(name):
                continue
            for label in name.split("."):
                if label and not is_kept(label) and not label.isdigit():
                    _replacement(self._labels, label.casefold(), _label_candidates)

    def name(self, name: str) -> str:
        """Replace a name label by label, or an address; labels that are not known stay."""
        if IPV4.fullmatch(name) or IPV6.fullmatch(name):
            return self.address(name)
        return ".".join(map(self._label, name.split(".")))

    def knows(self, name: str) -> bool:
        """Whether every label of a name has a replacement."""
        labels = [label for label in name.split(".") if label]
        return bool(labels) and all(label.casefold() in self._labels for label in labels)

    def address(self, address: str) -> str:
        """Replace an address by one for documentation or a reserved one."""
        candidates = _ipv6_candidates if ":" in address else _ipv4_candidates
        return _replacement(self._addresses, address, candidates)

    def check_sum(self, digits: str) -> str:
        """Replace a check sum, from which a short text could be guessed."""
        return _replacement(self._sums, digits, _sum_candidates)

    def _label(self, label: str) -> str:
        found = self._labels.get(label.casefold(), label)
        return found.upper() if label.isupper() else found


def _replacement(known: dict[str, str], original: str, candidates: Callable[[str], Iterator[str]]) -> str:
    if original not in known:
        taken = {*known.values(), *known}
        known[original] = next(each for each in candidates(original) if each not in taken)
    return known[original]


def _label_candidates(label: str) -> Iterator[str]:
    """Names such as h0001, as wide as the label; one of a single letter has 36 replacements and then wider ones."""
    width = len(label)
    for number in count(1):
        text = _base_36(number)
        yield "h" + text.rjust(width - 1, "0") if len(text) < width else text.rjust(width, "h")


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
    """Zeros in the address's own shape, with a number in its last digits."""
    places = [at for at, character in enumerate(address) if character != ":"]
    for number in count(1):
        digits = dict(zip(places, f"{number:x}".rjust(len(places), "0")[-len(places) :], strict=True))
        yield "".join(digits.get(at, ":") for at in range(len(address)))


def _sum_candidates(digits: str) -> Iterator[str]:
    yield from (str(number).rjust(len(digits), "1") for number in count(1))
