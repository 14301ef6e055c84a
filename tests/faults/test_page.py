"""The page about the fault matrix shows the present matrix."""

import re
from collections import Counter

from scripts.generated_blocks import blocks_of
from tests.faults.known_broken import CASES, SMALL_WORLDS
from tests.faults.matrix import run_case
from tests.faults.report import PAGE, every_case, every_case_of_others, page
from tests.faults.small_worlds import every_world


def test_the_page_counts_the_cases_that_there_are() -> None:
    """A step or a fault more, and `make faults` has to be run again."""
    text = PAGE.read_text(encoding="utf-8")
    assert f"| cases | {len(list(every_case()))} |" in text


def test_the_page_counts_what_others_do() -> None:
    """Each such case once."""
    others = Counter(str(case.fault) for case in every_case_of_others())
    rows = dict(re.findall(r"\| ([^|]+) \| (\d+) \|", blocks_of(PAGE.read_text(encoding="utf-8"))["others"]))
    assert rows == {name: str(count) for name, count in (*others.items(), ("all", others.total()))}


def test_the_page_counts_the_small_worlds_that_there_are() -> None:
    """And tells how many of them are broken."""
    worlds, applied, broken, _ = re.findall(r"\d+", blocks_of(PAGE.read_text(encoding="utf-8"))["small-worlds"])
    assert int(worlds) == len(every_world())
    assert int(applied) > 1000
    assert int(broken) == len(SMALL_WORLDS)


def test_the_page_claims_no_broken_invariant() -> None:
    """Nor does a page that would be written of a single case."""
    small = page([run_case(next(every_case()))])
    for text in (PAGE.read_text(encoding="utf-8"), small):
        assert "| two masters | 0 |\n| last copy removed | 0 |\n| last copy moved aside | 0 |\n" in text
        assert "| cases with an untrue exit code, a lost command or a lost lock | " in text


def test_the_page_counts_what_is_known_to_be_broken() -> None:
    text = PAGE.read_text(encoding="utf-8")
    counted = CASES & {str(case) for case in every_case()}
    assert f"| cases with an untrue exit code, a lost command or a lost lock | {len(counted)} |" in text
