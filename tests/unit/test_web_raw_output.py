"""The raw output of a poll, section by section."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.model import DiskSpace, Processes, Role, Section, SectionReply, UnreadLine
from boks_exporter.web.pages.raw_output import RawLine, raw_sections
from tests.unit.exposition_views import seen

LINE = UnreadLine(1, "odd")


@pytest.mark.parametrize(
    ("section", "facts"),
    [
        (Section.PROCESSES, {"processes": Processes((), unread_lines=(LINE,))}),
        (Section.DISKSPACE, {"diskspace": DiskSpace(0, 0, unread_lines=(LINE,))}),
    ],
)
def test_an_unread_line_of_every_section_is_marked(section: Section, facts: dict[str, Any]) -> None:
    """Those of the rare sections as well."""
    outcome = seen("R1", Role.REPLICA, {7: 1}, 1.0)
    reply = replace(outcome.reply, sections=(SectionReply(section, "odd\n", exit_status=0),))
    (shown,) = raw_sections(replace(outcome, reply=reply, **facts))
    assert (shown.lines, shown.unread) == ((RawLine("odd", "not read"),), 1)
