"""The language of code, documentation and tests: words and beginnings of docstrings that are not used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from boks_exporter.cli.root_command import program

ROOT = Path(__file__).parents[2]
SUFFIXES = {".py", ".md", ".yml", ".yaml", ".html", ".sh", ".service", ".timer", ".txt", ".sample", ".conf", ".json"}
DISUSED = re.compile(
    r"(?<![\w-])(?:(?:un)?sound(?:ly|ness)?|mend(?:s|ed|ing)?|anew|whoever|nobody|came to|for (?:good|ever)"
    r"|ever after|in vain|thereof)(?![\w-])",
    re.IGNORECASE,
)
BEGINNING = re.compile(r"\s*(?:tell|say|give|let|hear)s?\b", re.IGNORECASE)
ALLOWED = (
    # the account of that name on every system
    re.compile(r"[\"`/:=@]nobody[\"`/:,)-]|\bnobody:\w|user nobody|notify-nobody"),
    re.compile(r'"sound"'),  # a JSON key of failover's plans, which programs read
)
EXEMPTION = re.compile(r"# (?:noqa|type: ignore)(?!: [A-Z0-9, ]+ {1,2}[-#] \S|\[[a-z, -]+\] {1,2}[-#] \S)")
"""An exemption from a lint or a type check that names no rule, or is not followed by its reason."""
HERE = Path(__file__).relative_to(ROOT)
SKIPPED = {"__pycache__", "node_modules", "samples", "gates", "bad"}
"""Not checked: what other programs printed, an old gate that tests keep as it was, and files with faults."""


def _parts() -> Iterator[Path]:
    """List the parts of the project that are checked one by one: packages, modules, directories, pages."""
    package = ROOT / "boks_exporter"
    for top in ("bench", "deploy", "docs", "scripts", "tests", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"):
        yield ROOT / top
    for path in (*package.iterdir(), *(package / "cli").iterdir()):
        if path.name not in {"__pycache__", "cli"}:
            yield path


PARTS = sorted(str(path.relative_to(ROOT)) for path in _parts())


def _files(part: Path) -> Iterator[Path]:
    for path in [part] if part.is_file() else sorted(part.rglob("*")):
        name = path.relative_to(ROOT)
        is_text = path.suffix in SUFFIXES or name.parts[0] == "scripts"
        if path.is_file() and is_text and name != HERE and SKIPPED.isdisjoint(name.parts):
            yield path


def _disused_words(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if DISUSED.search(line) and not any(allowed.search(line) for allowed in ALLOWED):
            yield f"{number}: {line.strip()}"


def _docstrings(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring and BEGINNING.match(docstring):
                yield f"{getattr(node, 'lineno', 1)}: {docstring.splitlines()[0]}"


def _unexplained(text: str) -> Iterator[str]:
    """Yield the exemptions without a rule or a reason."""
    for number, line in enumerate(text.splitlines(), start=1):
        if EXEMPTION.search(line):
            yield f"{number}: {line.strip()}"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_uses_plain_words(part: str) -> None:
    """Docstrings start with what the code does, disused words occur in no text, and exemptions have a reason."""
    found = []
    for path in _files(ROOT / part):
        text = path.read_text(encoding="utf-8")
        lines = [*_disused_words(text), *((*_docstrings(text), *_unexplained(text)) if path.suffix == ".py" else ())]
        found += [f"{path.relative_to(ROOT)}:{line}" for line in lines]
    assert found == []


SAME_NAMES: dict[str, str] = {}
"""Public class names that two packages have, and why."""


def test_a_class_name_is_defined_once() -> None:
    """A name that is found in a message or a debugger leads to one class."""
    places: dict[str, list[str]] = {}
    for path in sorted((ROOT / "boks_exporter").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in SAME_NAMES} == {}
    assert [name for name in SAME_NAMES if len(places.get(name, [])) < 2] == []


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if (found := command.get_command(context, name)) is not None:
                yield from _commands(found, f"{path} {name}")


HELPS = [
    (f"{path} {parameter.name}", parameter.help or "")
    for path, command in _commands(program, "boks-exporter")
    for parameter in command.params
    if isinstance(parameter, click.Option)
] + [(path, command.help or "") for path, command in _commands(program, "boks-exporter")]


def test_help_texts_start_with_what_the_command_does() -> None:
    """Neither a command nor an option is described as telling, saying, giving, letting or hearing."""
    assert [name for name, text in HELPS if BEGINNING.match(text)] == []
    assert len(HELPS) > 100


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('def f() -> None:\n    """Tell the domain."""\n', ["1: Tell the domain."]),
        ('class C:\n    """Gives."""\n', ["1: Gives."]),
        ('"""Letters of the alphabet."""\n', []),
    ],
)
def test_the_check_finds_a_disused_beginning(text: str, lines: list[str]) -> None:
    """A docstring is found by its first word, in whatever form."""
    assert list(_docstrings(text)) == lines


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("a sound replica", True),
        ("Whoever reads this", True),
        ("gone for good", True),
        ("a recommended value", False),
        ("a soundtrack", False),
        ("chown nobody:nogroup file", False),
        ("it delays nobody, and names are nobody's fault", True),
    ],
)
def test_the_check_finds_a_disused_word(line: str, is_found: bool) -> None:
    """Whole words count, and the account called nobody is one that exists."""
    assert bool(list(_disused_words(line))) is is_found


@pytest.mark.parametrize(
    ("comment", "is_found"),
    [("noqa", True), ("noqa: F401", True), ("noqa: F401 - exported", False), ("type: ignore[misc]  # why", False)],
)
def test_the_check_finds_an_exemption_without_a_reason(comment: str, is_found: bool) -> None:
    """It names a rule, and the reason follows."""
    assert bool(list(_unexplained(f"import x  # {comment}\n"))) is is_found
