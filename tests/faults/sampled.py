"""Cases of the fault matrix, the same ones each time, in two halves for two processors."""

from random import Random
from typing import Final

from tests.faults.cases import Case
from tests.faults.report import every_case

_CASES: Final = 140
_SEED: Final = 1456


def sample(half: int) -> list[Case]:
    """Draw one half."""
    drawn = Random(_SEED).sample(sorted(every_case(), key=str), _CASES)  # noqa: S311 - a sample, no secret
    return sorted(drawn[half::2], key=str)
