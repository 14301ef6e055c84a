"""Man pages: what roff would interpret is escaped, and nothing of a command's help is lost."""

import re

import click
import pytest

from boks_exporter.cli.root_command import program
from scripts.dist.man_page import man_pages, roff

MACROS = {".TH", ".SH", ".PP", ".TP", ".nf", ".fi"}


def shown(page: str) -> str:
    """Return a page as roff shows it, in one line."""
    lines = [line.removeprefix("\\&") for line in page.splitlines() if line.split(" ")[0] not in MACROS]
    text = " ".join(lines).replace(r"\fB", "").replace(r"\fP", "")
    for escape, char in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ga", "`"), (r"\(ha", "^"), (r"\(ti", "~"), (r"\e", "\\")):
        text = text.replace(escape, char)
    text = re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), text)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".TH is text", r"\&.TH is text"),
        ("'quoted' --option", r"\(aqquoted\(aq \-\-option"),
        (r"C:\new", r"C:\enew"),
        ("a \N{EN DASH} b", r"a \[u2013] b"),
    ],
)
def test_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert roff(text) == expected


def test_a_page_has_every_part_of_the_help() -> None:
    """Paragraphs, options, sub-commands, and the epilog as sections; lines of a literal block stay lines."""

    @click.group(epilog="\b\nExamples:\n  tool x --all\n  .y\n\nExit codes: 0 done.")
    def tool() -> None:
        """Do it.

        .An odd line.
        """

    @tool.command()
    @click.option("--all", is_flag=True, help="Use 'all'.")
    def act() -> None:
        """Act."""

    pages = man_pages(tool, "tool", "1.0", "2026-01-01")
    assert sorted(pages) == ["tool-act.1", "tool.1"]
    assert shown(pages["tool-act.1"]) == (
        "tool-act - Act tool act [OPTIONS] Act. --all Use 'all'. --help Show this message and exit. tool(1)"
    )
    end = pages["tool.1"].partition(".SH COMMANDS\n")[2].splitlines()
    assert end[:3] == [".TP", r"\fBtool\-act\fP(1)", "Act."]
    assert end[3:] == [".SH EXAMPLES", ".nf", r"tool x \-\-all", r"\&.y", ".fi", ".SH EXIT CODES", "0 done."]


def test_every_command_has_a_page_of_plain_ascii_with_its_examples() -> None:
    pages = man_pages(program, "boks-exporter", "1.0", "2026-01-01")
    assert {"boks-exporter.1", "boks-exporter-check.1", "boks-exporter-failover-promote.1"} <= pages.keys()
    for name, page in pages.items():
        assert page.isascii(), name
        assert [line for line in page.splitlines() if not line or not line.isprintable()] == [], name
        assert {line.split(" ")[0] for line in page.splitlines() if line.startswith((".", "'"))} <= MACROS, name
    assert "failover rehearse failback master1 --inject reboots@4" in shown(pages["boks-exporter-failover-rehearse.1"])
