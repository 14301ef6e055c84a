"""The second half of the sampled fault matrix; `make faults` runs the whole of it."""

import pytest

from tests.faults.cases import Case
from tests.faults.known_broken import CASES
from tests.faults.matrix import run_case
from tests.faults.sampled import sample


@pytest.mark.parametrize("case", sample(1), ids=str)
def test_whatever_breaks_nothing_is_lost_and_everything_is_reported(case: Case) -> None:
    """Never two masters, never the last copy removed, every exit code true, every next command works."""
    story = run_case(case)
    is_broken = bool(story.breaches or story.wrong)
    assert is_broken == (str(case) in CASES), "\n".join([str(case), *story.wrong, *story.sentences])
    assert story.ended
