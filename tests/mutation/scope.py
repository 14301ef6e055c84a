"""Which modules are changed, and which tests are asked."""

from typing import Final

_VERDICTS: Final = (
    *("verdicts", "unread_mutations", "not_compared", "renamed", "report", "model"),
    *("poller_evidence", "poller_silent", "cli_check_evaluate", "cli_evidence"),
)
"""Tests of whole verdicts, from what hosts print to what is shown."""

PACKAGES: Final = {
    "failover/runner": ("failover",),
    "failover/procedures": ("failover",),
    "failover/proofs": ("failover",),
    "failover/preflight": ("failover",),
    "failover/plan": ("failover",),
    "failover/findings": ("failover",),
    "failover": ("failover",),
    "health": ("health", "scenarios", *_VERDICTS),
    "replication": ("replication", "health", "observe_closer", "scenarios", *_VERDICTS),
    "parsing": (
        "parsing",
        "gate_replies",
        "failover_gate_client",
        "nonce_frames",
        "observe_facts",
        "unread_mutations",
        "verdicts",
    ),
    "observe": ("observe", "poller", "renamed", "party_limits", "unread_mutations"),
    "exposition": ("exposition", "scenarios", "web_pages", "failover_metrics", "failover_knowledge", "report"),
}
"""Each package, those that matter most first, and the words in the names of the unit tests that are asked about it."""

BEHAVIOUR: Final = {
    "failover": (
        "tests/runs/test_failover_*.py",
        "tests/faults/test_busy.py",
        "tests/faults/test_histories.py",
        "tests/faults/test_named_cases.py",
        "tests/faults/test_small_worlds_facts.py",
    ),
}
"""Further tests, by the word of the package."""

OF_PAGES: Final = ("test_failover_doc.py", "test_exposition_specs.py::test_the_page")
"""Tests that compare a page of the documentation; a protection must be noticed by what the program does."""

TABLES: Final = {
    "boks_exporter/failover/procedures/": "boks_exporter/failover/procedures/step.py",
    "boks_exporter/failover/": "boks_exporter/failover/runner/step_loop.py",
    "boks_exporter/health/": "boks_exporter/health/hosts.py",
    "boks_exporter/replication/": "boks_exporter/replication/comparison.py",
    "boks_exporter/parsing/": "boks_exporter/parsing/",
    "boks_exporter/observe/": "boks_exporter/observe/round.py",
    "boks_exporter/exposition/": "boks_exporter/exposition/page.py",
}
"""Where the lines of a module run at its import only: the module whose tests read its tables."""

FIRST: Final = {
    "boks_exporter/failover/procedures/": (
        "tests/unit/test_failover_row_conditions.py",
        "tests/unit/test_failover_rows.py",
    ),
    "boks_exporter/failover/findings/": ("tests/unit/test_failover_guards_any.py",),
    "boks_exporter/failover/preflight/": ("tests/unit/test_failover_small_conditions.py",),
    "boks_exporter/observe/": ("tests/unit/test_observe",),
    "boks_exporter/health/table_names.py": ("tests/unit/test_health_spans.py",),
}
"""The tests that judge a module's tables or functions directly, and are asked first."""

PROTECTED: Final = (
    "failover/runner",
    "failover/procedures",
    "failover/proofs",
    "failover/preflight",
    "failover/findings",
    "failover/plan",
    "failover/conditions",
)
PROTECTIVE: Final = frozenset(
    (
        "condition of a row dropped",
        "guard dropped",
        "condition dropped",
        "statement dropped",
        "verdict replaced",
        "element dropped",
    )
)
"""Each change of these kinds in these packages takes a protection away; all of them are always tried."""
