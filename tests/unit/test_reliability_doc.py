"""docs/reliability.md shows what was measured, and nothing that failed."""

import json
from itertools import product

from scripts import generate_reliability_doc
from tests.attack.attack import GATES
from tests.attack.hosts import SHELLS
from tests.fuzz.targets import TARGETS
from tests.nonempty import nonempty


def test_the_page_is_current() -> None:
    """`make docs` regenerates it."""
    assert generate_reliability_doc.PAGE.read_text(encoding="utf-8") == generate_reliability_doc.page()


def test_every_reader_was_fuzzed_and_none_failed() -> None:
    """A new reader is fuzzed before it is shipped."""
    rows = nonempty(json.loads(generate_reliability_doc.FUZZED.read_text(encoding="utf-8")))
    assert {row["target"] for row in rows} == set(TARGETS)
    assert [row for row in rows if row["failed"] or not row["executions"]] == []


def test_every_gate_was_attacked_under_every_shell_and_did_what_the_oracle_permits() -> None:
    rows = json.loads(generate_reliability_doc.ATTACKED.read_text(encoding="utf-8"))
    assert {(row["gate"], row["shell"]) for row in rows} == set(product(GATES, SHELLS))
    assert sum(row["requests"] for row in rows) >= 100_000
    assert [row for row in rows if row["faults"] or not (row["answered"] and row["refused"])] == []


def test_no_confirmed_write_was_lost() -> None:
    rows = nonempty(json.loads(generate_reliability_doc.ENDURED.read_text(encoding="utf-8")))
    assert [row for row in rows if row["lost"] or not row["times"]] == []
