"""Every command with standard output or standard error closed, full, or without a reader."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from boks_exporter.cli.root_command import program
from tests.nonempty import nonempty
from tests.unit.cli_replays import healthy, write

FORKED = """
import json, os, sys, tempfile
from boks_exporter.cli import main

def run(arguments, output, errors):
    with tempfile.TemporaryFile() as shown:
        child = os.fork()
        if child == 0:
            readable, pipe = os.pipe()
            os.close(readable)
            for number, target in ((1, output), (2, errors)):
                if target == "shown":
                    os.dup2(shown.fileno(), number)
                elif target == "closed":
                    os.close(number)
                elif target == "pipe":
                    os.dup2(pipe, number)
                else:
                    os.dup2(os.open(target, os.O_WRONLY), number)
            sys.argv = ["boks-exporter", *arguments]
            if arguments[-1] == "--help":  # quicker, and there is nothing of it that a new process would show
                try:
                    main()
                except SystemExit as ended:
                    os._exit(ended.code)
            os.execv(sys.executable, [sys.executable, "-m", "boks_exporter", *arguments])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        shown.seek(0)
        return code, shown.read().decode()

print(json.dumps([run(*case) for case in json.loads(sys.argv[1])]))
"""


def results(cases: list[tuple[list[str], str, str]]) -> list[tuple[int, str]]:
    """Run command lines with their streams connected as said; returns exit codes and what was shown."""
    ended = subprocess.run(
        [sys.executable, "-c", FORKED, json.dumps(cases)], capture_output=True, text=True, check=True
    )
    return [(code, text) for code, text in json.loads(ended.stdout)]


def helps(command: click.Command, path: list[str]) -> Iterator[list[str]]:
    yield [*path, "--help"]
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            if (below := command.get_command(click.Context(command), name)) is not None:
                yield from helps(below, [*path, name])


@pytest.fixture
def printing(tmp_path: Path) -> list[list[str]]:
    """Command lines that print something, one of each kind."""
    config = str(write(tmp_path, healthy()))
    key = tmp_path / "id.pub"
    key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4Y0b2mWmDJj0Z1cVXvG0mHk4L1B2u5t3bS9rQpX5aM boks\n", "utf-8")
    return [
        ["--version"],
        ["status", f"--config.file={config}"],
        ["status", f"--config.file={config}", "--output=json"],
        ["check", f"--config.file={config}", "--timeout=100s"],
        ["check", f"--config.file={config}", "--timeout=100s", "--output=json"],
        ["config", "schema"],
        ["gate"],
        ["gate", "install", "--from=192.0.2.1", f"--public-key={key}"],
        ["rules", str(tmp_path / "rules")],
    ]


@pytest.mark.parametrize("output", ["/dev/full", "closed"])
def test_a_full_or_closed_output_is_one_line(printing: list[list[str]], output: str) -> None:
    """No traceback; one line names the error, and the exit code is 1, or UNKNOWN where a result is not shown."""
    found = zip(printing, results([(each, output, "shown") for each in printing]), strict=True)
    for arguments, (code, shown) in nonempty(found):
        assert (arguments, code) == (arguments, 3 if arguments[0] == "check" else 1)
        assert shown.startswith("Error: cannot write to standard output: ")
        assert shown.count("\n") == 1


def test_the_help_of_every_command_with_a_full_output_is_one_line() -> None:
    """Help is printed by click; its failure looks like that of any other output, and is UNKNOWN for the plugin."""
    cases = list(helps(program, []))
    assert len(cases) > 25
    for arguments, (code, shown) in zip(cases, results([(each, "/dev/full", "shown") for each in cases]), strict=True):
        is_plugin = arguments[0] == "check" or arguments[:2] == ["failover", "check"]
        assert (arguments, code) == (arguments, 3 if is_plugin else 1)
        assert shown == "Error: cannot write to standard output: No space left on device\n"


def test_a_reader_that_is_gone_needs_no_message(printing: list[list[str]]) -> None:
    """`boks-exporter … | head` ends quietly."""
    cases = [*printing, ["--help"], ["failover", "--help"], ["check", "--help"]]
    found = zip(cases, results([(each, "pipe", "shown") for each in cases]), strict=True)
    for arguments, (code, shown) in nonempty(found):
        expected = {"check": 3 if arguments[-1] == "--help" else 0}.get(arguments[0], 1)
        assert (arguments, code, shown) == (arguments, expected, "")


@pytest.mark.parametrize(("errors", "output"), [("/dev/full", "closed"), ("closed", "closed"), ("pipe", "/dev/full")])
def test_errors_that_cannot_be_printed_change_no_exit_code(tmp_path: Path, errors: str, output: str) -> None:
    """The exit code is the result, even if no message can be shown, and nothing is written to another file."""
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("domains: 1\n", encoding="utf-8")
    cases = {
        ("stauts",): 2,
        ("status", "--bogus"): 2,
        ("status", "--config.file=/nonexistent"): 1,
        ("config", "check", str(faulty)): 1,
        ("check", "--bogus"): 3,
        ("check", "--config.file=/nonexistent"): 3,
    }
    found = results([(list(arguments), output, errors) for arguments in cases])
    assert dict(zip(cases, [code for code, _ in found], strict=True)) == cases
    assert {shown for _, shown in found} == {""}
