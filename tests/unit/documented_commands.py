"""The command lines of boks-exporter in the documentation, compared with the real commands."""

import re
import shlex
from collections.abc import Iterator

import click

from boks_exporter.cli.root_command import program

_FENCE = re.compile(r"^ *(?:```|~~~).*?\n(.*?)^ *(?:```|~~~)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}|\t)(.*)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_END = re.compile(r"\s#|[|;>)]|&&|  +")
"""What ends a command within its line: a comment, the shell's signs, and the blanks before an explanation."""


def typed(text: str) -> Iterator[str]:
    """Yield what follows `boks-exporter` wherever a page says it as code.

    In a block a line counts if it begins with the program, in the running text if the quotation does.
    """
    blocks = [*_FENCE.findall(text), *_INDENTED.findall(_FENCE.sub("", text))]
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    quoted = [" ".join(found.split()) for found in _INLINE.findall(_FENCE.sub("", text))]
    for line in (*lines, *quoted):
        found = re.match(r"(?:ExecStart=)?(?:\S*/bin/)?boks-exporter(?: +(.*))?$", line.strip())
        if found:
            yield _END.split(found[1] or "", maxsplit=1)[0].strip()


def fault(arguments: str) -> str | None:
    """Return why the program would reject a command line; placeholders (FILE) pass."""
    command: click.Command = program
    context = _context(command, None, "boks-exporter")
    words = shlex.split(arguments)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no such command: {words[0]}"
        command, context = found, _context(found, context, words.pop(0))
    return _fault_of_words(command, context, words)


def _context(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    """Stand where the program itself stands: a command keeps the help option of the first who asks for its options."""
    return click.Context(command, parent=parent, info_name=name, **command.context_settings)


def _fault_of_words(command: click.Command, context: click.Context, words: list[str]) -> str | None:
    options = {name: param for param in command.get_params(context) for name in (*param.opts, *param.secondary_opts)}
    free = 0
    while words:
        name, equals, value = words.pop(0).partition("=")
        if not name.startswith("-"):
            free += 1
            continue
        option = options.get(name)
        if not isinstance(option, click.Option):
            return f"no such option: {name}"
        if option.is_flag or option.count:
            continue
        if not equals and not words:
            return f"no value for {name}"
        value = value if equals else words.pop(0)
        if isinstance(option.type, click.Choice) and not value.isupper() and value not in option.type.choices:
            return f"{name} knows no {value}"
    room = sum(1 for param in command.params if isinstance(param, click.Argument))
    return None if free <= room else f"{free} arguments, expected at most {room}"
