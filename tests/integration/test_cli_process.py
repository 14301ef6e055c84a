"""The program as a process: what it loads, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli_replays import healthy, write

HEAVY = ("asyncssh", "aiohttp", "pydantic", "ruamel", "rich", "prometheus_client", "structlog", "asyncio")


def loaded_by(*arguments: str) -> set[str]:
    """Run a command line in its own process; returns the packages that it loaded, ours with one part more."""
    script = (
        "import sys\nfrom boks_exporter.cli.root_command import run\ncode = run(sys.argv[1:])\n"
        "parts = [name.split('.') for name in sys.modules]\n"
        "print('LOADED', *sorted({'.'.join(part[: 1 + (part[0] == 'boks_exporter')]) for part in parts}))"
    )
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return set(ended.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["status", "--help"], ["check", "--x"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help is there at once, and so is a plugin that only has a slip in its command line."""
    assert loaded_by(*arguments) & set(HEAVY) == set()


def test_a_check_by_url_loads_only_the_client() -> None:
    """A plugin that runs every minute loads the HTTP client, the report's types and its own rules."""
    loaded = loaded_by("check", "--url", "http://127.0.0.1:1", "-t", "5s")

    assert loaded & set(HEAVY) == set()
    ours = {name.removeprefix("boks_exporter.") for name in loaded if name.startswith("boks_exporter.")}
    assert ours == {"cli", "errors", "report", "text"}


def test_a_check_of_recorded_files_loads_no_ssh(tmp_path: Path) -> None:
    """The libraries behind a transport are loaded only where it is used."""
    loaded = loaded_by("check", "--timeout=100s", "--config.file", str(write(tmp_path, healthy())))

    assert loaded & {"asyncssh", "aiohttp", "prometheus_client"} == set()


def test_a_reader_that_goes_away_brings_no_traceback() -> None:
    """`boks-exporter gate | head -1` ends quietly."""
    with subprocess.Popen(
        [sys.executable, "-m", "boks_exporter", "gate"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""

    assert process.returncode == 1


def test_a_plugin_without_a_reader_shows_by_its_exit_code(tmp_path: Path) -> None:
    """The verdict is not lost with the output."""
    config = write(tmp_path, healthy())
    with subprocess.Popen(
        [sys.executable, "-m", "boks_exporter", "check", "--timeout=100s", "--config.file", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""

    assert process.returncode == 0


def test_a_full_disk_is_reported() -> None:
    """What could not be written is no success."""
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "boks_exporter", "config", "schema"], stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert ended.returncode == 1
    assert ended.stderr == "Error: cannot write to standard output: No space left on device\n"
