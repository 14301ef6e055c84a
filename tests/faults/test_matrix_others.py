"""A sample of what others and the network do while a run works; `make faults` runs all of it."""

from random import Random

import pytest

from tests.faults.cases import Case
from tests.faults.known_broken import CASES
from tests.faults.matrix import run_case
from tests.faults.report import every_case_of_others

_CASES = 16


def sample() -> list[Case]:
    return sorted(Random(1262).sample(sorted(every_case_of_others(), key=str), _CASES), key=str)  # noqa: S311 - a sample


@pytest.mark.parametrize("case", sample(), ids=str)
def test_what_others_do_meanwhile_breaks_no_promise(case: Case) -> None:
    """Another master, a copy that gets ahead, a lock of another run, a partition, late and repeated requests."""
    story = run_case(case)
    is_broken = bool(story.breaches or story.wrong)
    assert is_broken == (str(case) in CASES), "\n".join([str(case), *story.wrong, *story.sentences])
