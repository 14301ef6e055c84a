"""Two exporters, or an exporter and an operator's command, on one state file."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.test_serve import daemon
from tests.unit.app_running import Recorded

STATE = "state_file: state.sqlite\n"


async def test_a_second_exporter_on_a_state_file_does_not_start(tmp_path: Path) -> None:
    """It names the file and the process that uses it; the first one goes on, and the file is free after its end."""
    file = Recorded(tmp_path).configure(more=STATE)
    async with daemon(file) as first:
        await first.until("listening")
        async with daemon(file) as second:
            output = (await second.process.communicate())[1].decode()
            assert second.process.returncode == 1
        assert str(tmp_path / "state.sqlite") in output
        assert f"process {first.process.pid}" in output
        assert first.process.returncode is None
        await first.end()
    async with daemon(file) as third:
        await third.until("listening")
        await third.end()
        assert third.process.returncode == 0


async def test_a_killed_exporter_leaves_its_state_file_free(tmp_path: Path) -> None:
    """The lock is the process's own; no file has to be removed by hand."""
    file = Recorded(tmp_path).configure(more=STATE)
    async with daemon(file) as first:
        await first.until("listening")
        first.process.send_signal(signal.SIGKILL)
        await first.process.wait()
    async with daemon(file) as second:
        await second.until("listening")
        await second.end()


async def test_a_reload_to_a_state_file_in_use_keeps_the_old_configuration(tmp_path: Path) -> None:
    """And to one that is free, it moves."""
    (tmp_path / "other").mkdir()
    one = Recorded(tmp_path / "other").configure(more=STATE)
    file = Recorded(tmp_path).configure()
    text = file.read_text(encoding="utf-8")
    async with daemon(one) as first, daemon(file) as second:
        await first.until("listening")
        await second.until("listening")
        file.write_text("state_file: other/state.sqlite\n" + text, encoding="utf-8")
        second.process.send_signal(signal.SIGHUP)
        assert "in use" in (await second.until("config_refused"))["problem"]
        await second.until("config_kept")
        file.write_text("state_file: free.sqlite\n" + text, encoding="utf-8")
        second.process.send_signal(signal.SIGHUP)
        await second.until("config_reloaded")
        await second.end()
        await first.end()


def test_an_operators_command_changes_nothing_about_a_damaged_state_file(tmp_path: Path) -> None:
    """The exporter sets it aside when it writes; a command that only looks must not."""
    file = Recorded(tmp_path).configure(more=STATE + "journal: journal.sqlite\n")
    (tmp_path / "state.sqlite").write_bytes(b"no database at all" * 100)
    before = _names(tmp_path)
    command = [sys.executable, "-m", "boks_exporter", "failover", "candidates", f"--config.file={file}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert [name for name in _names(tmp_path) if name not in before and "damaged" in name] == []
    assert (tmp_path / "state.sqlite").read_bytes() == b"no database at all" * 100


def _names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_where_no_lock_file_can_be_made_the_exporter_runs(tmp_path: Path) -> None:
    """It says so in the log."""
    (tmp_path / "state.sqlite.lock").mkdir()
    file = Recorded(tmp_path).configure(more=STATE)
    command = [
        sys.executable,
        "-m",
        "boks_exporter",
        "serve",
        f"--config.file={file}",
        "--web.listen-address=127.0.0.1:0",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "listening" in line:
                process.terminate()
        assert process.wait(60) == 0
    assert any("state_file_not_locked" in line for line in lines)
