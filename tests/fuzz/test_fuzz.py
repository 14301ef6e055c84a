"""An excerpt of `make fuzz`: every reader takes thousands of mutated inputs, the same ones in every run."""

import base64
import time

import pytest

from tests.fuzz.mutations import kept, mutated
from tests.fuzz.targets import TARGETS

EXECUTIONS = 10_000
SECONDS = 20.0
"""For one input, on however busy a machine."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_raises_nothing_but_what_its_callers_expect(name: str) -> None:
    """The input is printed as base64; put it into the corpus when the reader is repaired."""
    target = TARGETS[name]
    seeds = (*target.seeds(), *kept(name))
    accepted = 0
    for data in mutated(seeds, EXECUTIONS, seed=name):
        started = time.thread_time()
        try:
            target.run(data)
            accepted += 1
        except target.declared:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it was not expected
            pytest.fail(f"{name}: {error!r} for {base64.b64encode(data).decode()}")
        assert time.thread_time() - started < SECONDS, base64.b64encode(data)
    assert accepted, "no input was accepted: the seeds do not reach the reader"


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.declared])
def test_a_reader_refuses_something(name: str) -> None:
    """A target that accepted everything would find nothing."""
    target = TARGETS[name]
    refused = 0
    for data in mutated(tuple(target.seeds()), 300, seed=name):
        try:
            target.run(data)
        except target.declared:
            refused += 1
    assert refused
