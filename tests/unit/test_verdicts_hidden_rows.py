"""What the trial of the verdicts notes as hidden is what it really changed in the reply."""

import pytest

from bench.verdicts.hidden_rows import FORMS, Disguise, Disguises
from bench.verdicts.reading import Reading
from boks_exporter.errors import ParseError
from boks_exporter.model import Section
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.remote.request import Request
from boks_exporter.simulator.domain import Boksinit


@pytest.mark.parametrize("others", [(), ("T7 13678d 8:33:46 5053 (5053)",)], ids=["alone", "with another"])
@pytest.mark.parametrize("number", [47, 999, 1000, 7919])
@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_noted_as_hidden_if_and_only_if_its_row_cannot_be_read(
    form: str, number: int, others: tuple[str, ...]
) -> None:
    """Below a thousand there is nothing to group, and the row is the usual one."""
    disguise = Disguise("m", form, table=9)
    reading = Reading("m", Request((Section.SEQUENCE,)), 0.0, 0.0, Boksinit.MASTER, ("m",), numbers={9: (number, 1)})
    reply = "\n".join((f"|T9 13178d 11:05:23 {number} ({number})", *(f"|{row}" for row in others)))

    for each in Disguises({disguise}).of(reading):
        reply = each.applied(reply.encode()).decode()

    assert (9 in reading.hidden) is (9 not in _tables(reply))
    assert (9 in reading.hidden) is (form != "thousands" or number >= 1000)


def _tables(reply: str) -> set[int]:
    try:
        return {row.table for row in parse_sequence(reply.replace("|", "")).tables}
    except ParseError:
        return set()
