"""Man pages, made from the command definitions."""

import re
from collections.abc import Iterator
from typing import Final

import click

_SPECIAL: Final = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}
"""What roff would interpret or replace: commands must be copied as they are printed."""
_HEADING: Final = re.compile(r"(Examples?|Exit codes):\s*")
_LITERAL: Final = "\b"
"""Click's sign for a paragraph that is not wrapped."""


def man_pages(command: click.Command, name: str, version: str, date: str) -> dict[str, str]:
    """Return the page of a command and of all commands below it, by file name."""
    return {
        f"{_name(context)}.1": "\n".join([*_page(context, version, date), ""])
        for context in _contexts(click.Context(command, info_name=name))
    }


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    for name, command in _commands(context):
        yield from _contexts(click.Context(command, parent=context, info_name=name))


def _commands(context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield name, command


def _name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _page(context: click.Context, version: str, date: str) -> Iterator[str]:
    command, name = context.command, _name(context)
    yield f'.TH "{roff(name.upper())}" 1 "{roff(date)}" "boks_exporter {roff(version)}" "boks_exporter"'
    yield ".SH NAME"
    yield f"{roff(name)} \\- {roff(command.get_short_help_str(limit=1000).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield rf"\fB{roff(context.command_path)}\fP {roff(' '.join(command.collect_usage_pieces(context)))}"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command.help or "")
    params = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = [record for each in params if (record := each.get_help_record(context))]
    if records:
        yield ".SH OPTIONS"
    for option, text in records:
        yield from (".TP", rf"\fB{roff(option)}\fP", roff(" ".join(text.split())))
    commands = list(_commands(context))
    if commands:
        yield ".SH COMMANDS"
    for each, found in commands:
        yield from (".TP", rf"\fB{roff(f'{name}-{each}')}\fP(1)", roff(found.get_short_help_str(limit=1000)))
    epilog = list(_paragraphs(command.epilog or ""))
    if epilog and not epilog[0].startswith(".SH"):
        yield ".SH NOTES"
    yield from epilog
    if context.parent:
        yield from (".SH SEE ALSO", rf"\fB{roff(_name(context.parent))}\fP(1)")


def _paragraphs(text: str) -> Iterator[str]:
    """Write paragraphs, as click shows them; examples and exit codes are sections of their own."""
    for paragraph in re.split(r"\n\s*\n", re.sub(rf"\n*{_LITERAL}\n", f"\n\n{_LITERAL}", f"\n{text.strip(chr(10))}")):
        is_literal = paragraph.startswith(_LITERAL)
        lines = paragraph.strip(f"{_LITERAL}\n").splitlines()
        if lines and (found := _HEADING.match(lines[0])):
            yield f".SH {found[1].upper()}"
            rest = lines[0][found.end() :]
            lines[0] = rest[:1].upper() + rest[1:]
        elif lines:
            yield ".PP"
        body = [line for line in lines if line.strip()]
        if is_literal:
            yield from (".nf", *(roff(line.strip()) for line in body), ".fi")
        elif body:
            yield roff(" ".join(" ".join(body).split()))


def roff(text: str) -> str:
    """Escape text, so that it is shown as it is, also at the beginning of a line and beyond ASCII."""
    escaped = "".join(_SPECIAL.get(char) or (char if char.isascii() else rf"\[u{ord(char):04X}]") for char in text)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped
