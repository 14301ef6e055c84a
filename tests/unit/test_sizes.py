"""A file or a function that has grown too long to be read in one go is split."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nonempty import nonempty

ROOT = Path(__file__).parents[2]
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 50
FILES = [file for place in ("boks_exporter", "tests", "scripts", "bench") for file in (ROOT / place).rglob("*.py")]
FUNCTION = re.compile(r"( *)(?:async )?def (\w+)")
CODE = re.compile(r"( *)[^\s)#]")
"""Neither the end of a list of parameters nor a comment, which may stand further left than what it belongs to."""


def lengths(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield each function and its lines, by the indentation that the formatter gives: quicker than a parser."""
    running: list[tuple[int, int, str]] = []
    last = 0
    for number, line in enumerate((*lines, "end"), 1):
        if code := CODE.match(line):
            while running and len(code[1]) <= running[-1][0]:
                _, first, name = running.pop()
                yield name, last - first + 1
            if begun := FUNCTION.match(line):
                running.append((len(begun[1]), number, begun[2]))
            last = number


def test_no_file_and_no_function_is_too_long() -> None:
    too_long: list[str] = []
    for file in nonempty(FILES, 500):
        lines, name = file.read_text(encoding="utf-8").splitlines(), file.relative_to(ROOT)
        if len(lines) > MOST_LINES_OF_A_FILE:
            too_long.append(f"{name}: {len(lines)} lines")
        found = ((function, length) for function, length in lengths(lines) if length > MOST_LINES_OF_A_FUNCTION)
        too_long.extend(f"{name}: {function} has {length} lines" for function, length in found)
    assert too_long == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def a(\n    b,\n):\n    c\n\nd", [("a", 4)]),
        ("class A:\n    async def b(self):\n        def c():\n            d\n        e\n\n    def f(): ...", None),
    ],
)
def test_the_lines_of_a_function_are_counted(source: str, expected: list[tuple[str, int]] | None) -> None:
    assert list(lengths(source.splitlines())) == (expected or [("c", 2), ("b", 4), ("f", 1)])
