"""The replay transport: recorded files, framed as by the gate."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from boks_exporter.config import load
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Role, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.request import EVERY_GATE, READING, ROLE_ONLY, Request
from boks_exporter.remote.settings import ReplaySettings
from boks_exporter.transport.replay import KNOWN, ReplayTransport

HOST = Host("MASTER1", "192.0.2.1")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "replay.md"

FILES = {
    "role.txt": "BOKSINIT=master\nSHM_SIZE=16000\n",
    "list.txt": "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST\nREPHOST3 00:49 04:50 726768 OK\n",
    "sequence.txt": "T7 13678d 8:33:46 5053 (5053)\n",
    "sequence.after.txt": "T7 13678d 8:33:46 5054 (5054)\n",
    "memory.txt": "Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896\n",
    "errlog.txt": "lines=2\n> first\n> second\n",
    "queue.txt": "files=1\noldest=-rw-r----- 1 root root 312 Nov 23 08:12 dd_fcom_1\n",
    "checksums.txt": "method.conf 1618168135 11\nSHM_SIZE 2447659645 6\n",
}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    directory = tmp_path / "recording" / HOST.name
    directory.mkdir(parents=True)
    for name, text in FILES.items():
        (directory / name).write_text(text)
    return directory


def replay(recorded: Path) -> ReplayTransport:
    return ReplayTransport(recorded.parent)


async def test_a_recording_answers_as_the_gate_would(recorded: Path) -> None:
    """The complete reply to a poll: every file is a section, and there is no clock."""
    raw = await replay(recorded).ask(HOST, EVERY_GATE)
    expected = ["=boks-gate/1 version=replay"]
    for section in EVERY_GATE.sections:
        expected += [f"=section {section}", *(f"|{line}" for line in FILES[f"{section}.txt"].splitlines())]
        expected.append(f"=end {section} exit=0")
    assert raw.stdout.decode().splitlines() == [*expected, "=done sections=7"]
    assert (raw.stderr, raw.exit_status) == (b"", 0)


async def test_every_recorded_fact_is_understood(recorded: Path) -> None:
    """A complete recording has every fact and no fault."""
    seen = interpret_reply(HOST, EVERY_GATE, await replay(recorded).ask(HOST, EVERY_GATE), 0.0, 1.0)
    facts = (seen.sequences, seen.replicas, seen.memory, seen.errlog, seen.queue, seen.checksums)
    assert (seen.role, seen.faults, None in facts) == (Role.MASTER, (), False)


@pytest.mark.parametrize(("request_of", "sequence"), [(EVERY_GATE, 5053), (ROLE_ONLY, None), (READING, 5054)])
async def test_the_masters_second_reading_is_a_file_of_its_own(
    recorded: Path, request_of: Request, sequence: int | None
) -> None:
    """`sequence.after.txt` is the second reading and nothing else, however often it is requested."""
    for _ in range(2):
        section = parse_reply((await replay(recorded).ask(HOST, request_of)).stdout).section(Section.SEQUENCE)
        printed = None if section is None else section.stdout
        assert printed == (sequence and f"T7 13678d 8:33:46 {sequence} ({sequence})\n")


async def test_without_a_second_reading_the_first_answers_again(recorded: Path) -> None:
    """A domain without changes needs only one file."""
    (recorded / "sequence.after.txt").unlink()
    first, second = [
        parse_reply((await replay(recorded).ask(HOST, request)).stdout) for request in (EVERY_GATE, READING)
    ]
    assert first.section(Section.SEQUENCE) == second.section(Section.SEQUENCE)


async def test_what_was_not_recorded_is_skipped(recorded: Path) -> None:
    """A missing file is no fact and no fault; an empty one is an empty output."""
    (recorded / "memory.txt").unlink()
    (recorded / "list.txt").write_text("")
    reply = parse_reply((await replay(recorded).ask(HOST, EVERY_GATE)).stdout)
    memory, listing = reply.section(Section.MEMORY), reply.section(Section.LIST)
    assert memory is not None
    assert listing is not None
    assert (memory.skipped, listing.skipped, listing.stdout) == ("not_recorded", None, "")


@pytest.mark.parametrize("text", ["=done sections=1\n", "=end role exit=0\n|x\n!y", "a\r\n\x1b[2J\n\n\nb", "\n"])
async def test_no_recorded_text_can_forge_a_frame(recorded: Path, text: str) -> None:
    """Recorded text is framed like any other output."""
    (recorded / "role.txt").write_bytes(text.encode())
    (section,) = parse_reply((await replay(recorded).ask(HOST, ROLE_ONLY)).stdout).sections
    assert section.stdout == text.removesuffix("\n") + "\n"


async def test_bytes_of_another_encoding_are_kept(recorded: Path) -> None:
    """Recorded bytes are replayed unchanged."""
    (recorded / "role.txt").write_bytes(b"# M\xfcller\nBOKSINIT=master\n")
    assert b"|# M\xfcller\n" in (await replay(recorded).ask(HOST, ROLE_ONLY)).stdout


@pytest.mark.parametrize("reason", list(FailureReason))
async def test_a_recorded_failure_fails_for_its_reason(recorded: Path, reason: FailureReason) -> None:
    """`error.txt` holds one of the reasons that the exporter counts."""
    (recorded / "error.txt").write_text(f"{reason}\n")
    with pytest.raises(TransportError, match=f"^{reason}: recorded as a failure$"):
        await replay(recorded).ask(HOST, EVERY_GATE)


@pytest.mark.parametrize("word", ["", "DOWN", "timeout timeout", "refused\nconnect", "x" * 5000])
async def test_an_unknown_word_in_a_recorded_failure_is_reported(recorded: Path, word: str) -> None:
    """A wrong word in `error.txt` is reported with the file, the known words and the word found."""
    (recorded / "error.txt").write_text(word)
    known = ", ".join(FailureReason)
    with pytest.raises(TransportError) as failure:
        await replay(recorded).ask(HOST, EVERY_GATE)
    assert str(failure.value) == f"parse: {recorded}/error.txt: expected one of {known}, found {word.strip()[:60]!r}"


async def test_a_host_without_a_directory_is_unreachable(recorded: Path) -> None:
    """The message lists the existing directories: a host's name may be spelled differently."""
    (recorded.parent / "REPHOST2").mkdir()
    with pytest.raises(TransportError) as failure:
        await replay(recorded).ask(Host("rephost2", "192.0.2.2"), EVERY_GATE)
    assert failure.value.reason is FailureReason.CONNECT
    assert failure.value.detail == (
        f"nothing was recorded: expected a directory rephost2 in {recorded.parent}, found MASTER1, REPHOST2"
    )


async def test_an_empty_recording_is_reported(tmp_path: Path) -> None:
    """A recording without any directory is reported as such."""
    with pytest.raises(TransportError, match=r"expected a directory MASTER1 in .*, found none"):
        await ReplayTransport(tmp_path).ask(HOST, EVERY_GATE)


@pytest.mark.parametrize("name", ["..", ".", "", "../MASTER1", "MASTER1/../MASTER1", "/"])
async def test_a_name_does_not_lead_out_of_the_recording(recorded: Path, name: str) -> None:
    """Host names also come from a master's list, so they select an existing directory only."""
    with pytest.raises(TransportError, match="connect: nothing was recorded"):
        await replay(recorded).ask(Host(name, "192.0.2.2"), EVERY_GATE)


@pytest.mark.parametrize("name", ["list", "List.txt", "sequence-after.txt", "list.txt~", "dumpbase.txt", "old"])
async def test_a_file_with_an_unknown_name_is_reported(recorded: Path, name: str) -> None:
    """Without the message a verdict would rest on half of the recording."""
    (recorded / name).mkdir()
    with pytest.raises(TransportError) as failure:
        await replay(recorded).ask(HOST, ROLE_ONLY)
    assert str(failure.value) == (
        f"parse: {recorded}/{name}: expected one of role.txt, sequence.txt, list.txt, memory.txt, errlog.txt, "
        "queue.txt, checksums.txt, processes.txt, diskspace.txt, ports.txt, hostkey.txt, registered.txt, fque.txt, "
        "sequence.after.txt, error.txt, error.after.txt, reply.txt, "
        "reply.after.txt, exit.txt; rename or remove it"
    )


async def test_hidden_files_are_ignored(recorded: Path) -> None:
    """Files of a file manager or a version control system are not part of the recording."""
    (recorded / ".gitkeep").write_text("")
    assert (await replay(recorded).ask(HOST, EVERY_GATE)).exit_status == 0


async def test_an_unreadable_recording_is_reported(recorded: Path) -> None:
    """A directory in place of a file, or no recording at all, is a failure with its path."""
    (recorded / "role.txt").unlink()
    (recorded / "role.txt").mkdir()
    with pytest.raises(TransportError, match=re.escape(f"channel: {recorded}/role.txt: Is a directory")):
        await replay(recorded).ask(HOST, ROLE_ONLY)
    with pytest.raises(TransportError, match="channel: /nowhere/at/all: No such file or directory"):
        await ReplayTransport(Path("/nowhere/at/all")).ask(HOST, ROLE_ONLY)


def test_its_repr_shows_the_recording(tmp_path: Path) -> None:
    """A debugger shows the directory."""
    assert repr(ReplayTransport(tmp_path)) == f"<ReplayTransport {tmp_path}>"


def test_the_page_names_every_file_and_every_reason() -> None:
    """docs/replay.md names all files and all failure reasons."""
    page = PAGE.read_text(encoding="utf-8")
    for word in (*KNOWN, *FailureReason):
        assert f"`{word}`" in page


def test_the_configuration_of_the_page_is_valid(tmp_path: Path) -> None:
    """The example of the page can be copied and used."""
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    file = tmp_path / "boks-exporter.yaml"
    file.write_text(block[1])
    (domain,) = load(file, check_files=False).domains
    assert (domain.transport, domain.discover) == (ReplaySettings(directory=Path("/var/tmp/recording")), True)  # noqa: S108 - only named


async def test_the_recording_script_of_the_page_makes_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/replay.md record the gate's replies, failures included."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(FAKE_SSH)
    ssh.chmod(0o755)
    script = re.search(r"```sh\n(#!/bin/sh\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert script
    (tmp_path / "record").write_text(script[1])
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    subprocess.run(["sh", "record", "boksmon", "recording", "MASTER1", "REPHOST2", "DEAD"], check=True, timeout=30)
    written = {str(path.relative_to(tmp_path / "recording")): path.read_text() for path in recording_files(tmp_path)}
    assert written == {
        **{f"MASTER1/{name}": text for name, text in FILES.items()},
        "REPHOST2/role.txt": "BOKSINIT=server\n",
        "REPHOST2/sequence.txt": "T7 13678d 8:33:46 5053 (5053)\n",
        "DEAD/error.txt": "connect\n",
    }
    seen = interpret_reply(
        HOST, EVERY_GATE, await ReplayTransport(tmp_path / "recording").ask(HOST, EVERY_GATE), 0.0, 1.0
    )
    assert (seen.role, seen.faults) == (Role.MASTER, ())


def recording_files(directory: Path) -> list[Path]:
    return [path for path in (directory / "recording").rglob("*") if path.is_file()]


def _fake_reply(files: dict[str, str], *sections: str) -> str:
    lines = ["=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12"]
    for section in sections:
        lines.append(f"=section {section}")
        if f"{section}.txt" in files:
            lines += [f"|{line}" for line in files[f"{section}.txt"].splitlines()]
            lines += ["!a warning", f"=end {section} exit=0 seconds=0"]
        else:
            lines.append(f"=end {section} skipped=not_master")
    return "\n".join([*lines, f"=done sections={len(sections)}"])


FAKE_SSH = f"""\
#!/bin/sh
case "$*" in
*DEAD*) exit 255 ;;
*MASTER1*checksums*) cat <<'END'
{_fake_reply(FILES, *Section)}
END
;;
*MASTER1*) cat <<'END'
{_fake_reply({"sequence.txt": FILES["sequence.after.txt"]}, "sequence")}
END
;;
*) cat <<'END'
{_fake_reply({"role.txt": "BOKSINIT=server" + chr(10), "sequence.txt": FILES["sequence.txt"]}, *Section)}
END
;;
esac
"""
