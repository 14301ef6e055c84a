"""The commands of the runbooks are valid, and their links lead to existing pages."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from boks_exporter.cli.root_command import program
from tests.nonempty import nonempty
from tests.shipped_rules import ROOT, alerts

RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
ALERTS = [page for page in PAGES if page.name != "README.md"]
FEWEST_LINES, MOST_LINES = 20, 60

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")


def typed(page: Path) -> Iterator[str]:
    """Yield everything in code type, each line of a block separately."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCED.findall(text):
        yield from (line.strip() for line in block.splitlines()[1:-1])
    for words in _INLINE.findall(_FENCED.sub("", text)):
        yield " ".join(words.split())


COMMANDS = sorted(
    {
        (page.stem, words.removeprefix("boks-exporter "))
        for page in PAGES
        for words in typed(page)
        if words.startswith("boks-exporter ")
    }
)


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=" ".join)
def test_a_command_is_one_of_ours(page: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, its options and their values are taken by the command line as it is."""
    monkeypatch.chdir(tmp_path)
    take(program, click.Context(program), shlex.split(words))


def take(group: click.Group, context: click.Context, arguments: list[str]) -> None:
    """Take a command line as far as the program would before it does anything."""
    name, command, rest = group.resolve_command(context, arguments)
    assert name
    assert command
    try:
        below = command.make_context(name, rest, parent=context)
    except click.exceptions.Exit:
        return  # an option such as --version, which says what it has to say at once
    if isinstance(command, click.Group) and below._protected_args:
        take(command, below, [*below._protected_args, *below.args])


def test_commands_are_found_at_all() -> None:
    """The search above does find what it is to judge."""
    assert ("BoksExporterDown", "config check /etc/boks-exporter/config.yaml") in COMMANDS
    assert len({page for page, _ in COMMANDS}) > len(ALERTS) / 2


@pytest.mark.parametrize("page", ALERTS, ids=lambda page: page.stem)
def test_a_page_shows_what_to_type(page: Path) -> None:
    """Both halves that one works with have commands or a way to them, and one reads the page in a minute or two."""
    text = page.read_text(encoding="utf-8")
    diagnosis, mitigation = text.split("## Diagnosis")[1].split("## Mitigation")
    assert "`" in diagnosis
    assert "`" in mitigation or "](" in mitigation
    assert FEWEST_LINES <= len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_link_leads_to_another_page(page: Path) -> None:
    """Nothing points outside the directory, which is written and served by itself."""
    links = set(re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")))
    assert links <= {other.name for other in PAGES}


def test_the_list_names_every_page() -> None:
    """In the order of the alphabet, so that one finds it."""
    listed = re.findall(r"^\* \[(\w+)\]\((\w+)\.md\)$", (RUNBOOKS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [(page.stem, page.stem) for page in ALERTS]


def test_the_first_night_has_every_alert_once_where_its_severity_belongs() -> None:
    """Who was paged finds the alert, and what does not page is not among what does."""
    chapter = (ROOT / "docs" / "first-night.md").read_text(encoding="utf-8")
    parts = {part.partition("\n")[0]: part for part in chapter.split("\n## ")}
    wanted: dict[str, set[str]] = {"critical": set(), "warning": set(), "info": set()}
    for rule in nonempty(alerts()):
        wanted[rule["labels"]["severity"]].add(rule["alert"])
    for severity, heading in (
        ("critical", "Alerts that wake you up"),
        ("warning", "Alerts that can wait for the morning"),
        ("info", "What never pages"),
    ):
        named = re.findall(r"\]\(runbooks/(\w+)\.md\)", parts[heading])
        assert sorted(named) == sorted(nonempty(wanted[severity]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_source_is_one_that_is_known(page: Path) -> None:
    """Every article that a page rests on stands in the page of evidence."""
    evidence = (ROOT / "docs" / "boks.md").read_text(encoding="utf-8")
    cited = set(re.findall(r"\bK\d{4}\b|\bHS[ /][a-z-]*/?\d+", page.read_text(encoding="utf-8")))
    assert {source for source in cited if source not in evidence} == set()
