"""The lines that no rule knows: the first ones word for word, the others counted, none dropped."""

from itertools import compress, islice

from boks_exporter.model import Leftover
from boks_exporter.parsing.text_lines import KEPT_RAW, Lines, filled_in


class Leftovers:
    """What a parser leaves over, as it comes by it; the last entry stands for all that are not kept themselves."""

    def __init__(self, lines: Lines | None = None) -> None:
        """Begin with those lines of a flood that the parser is not even shown."""
        self._kept: list[Leftover] = []
        self._first_other = lines.passed_over if lines else None
        self._others = self._first_other.stands_for if self._first_other else 0

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._kept or self._others)

    def add(self, number: int, line: str) -> None:
        """Leave a line over, without the blanks that end it."""
        if len(self._kept) < KEPT_RAW:
            self._kept.append(Leftover(number, line.rstrip()))
            return
        if self._first_other is None:
            self._first_other = Leftover(number, line.rstrip())
        self._others += 1

    def add_filled(self, first: int, texts: list[str]) -> None:
        """Leave over the lines that are not blank, of which there may be half a million, numbered from `first` on."""
        filled = compress(enumerate(texts, first), map(str.strip, texts))
        before = len(self._kept) + self._others
        for number, line in islice(filled, KEPT_RAW + 1):
            self.add(number, line)
        self._others = before + filled_in(texts) - len(self._kept)

    def all(self) -> tuple[Leftover, ...]:
        """Give them all, in the order of the text but for the last entry of a flood."""
        other = self._first_other
        return (*self._kept, Leftover(other.line, other.text, self._others)) if other else tuple(self._kept)
