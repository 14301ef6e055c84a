"""The simulator's gate answers in protocol 1 as gates of version 1 do."""

import pytest

from boks_exporter.remote.request import EVERY_GATE, READING
from boks_exporter.simulator.domain import Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.gate_reply import SECTION_LIMIT_SECONDS, reply
from tests.nonempty import nonempty


@pytest.fixture
def domain() -> SimulatedDomain:
    domain = SimulatedDomain(published_layout(writes_per_second=2.0), seed=1)
    domain.advance(600.0)
    return domain


def frames(text: bytes) -> list[str]:
    return [line for line in text.decode().splitlines() if line.startswith("=")]


def section(text: bytes, name: str) -> list[str]:
    lines = text.decode().splitlines()
    begin = lines.index(f"=section {name}")
    return lines[begin + 1 : next(n for n in range(begin, len(lines)) if lines[n].startswith(f"=end {name}")) + 1]


def test_a_master_answers_every_section(domain: SimulatedDomain) -> None:
    """Each section is framed, and nothing is skipped on a master."""
    answer = reply(domain, "MASTER1", EVERY_GATE.line())
    assert frames(answer.stdout) == [
        "=boks-gate/1 version=1.0.0 clock=2023-11-14T22:23:20",
        *(frame for name in EVERY_GATE.sections for frame in (f"=section {name}", f"=end {name} exit=0 seconds=0")),
        "=done sections=7",
    ]
    assert answer.exit_status == 0
    assert 0 < answer.delay_seconds < 1


def test_every_other_line_is_prefixed(domain: SimulatedDomain) -> None:
    """No output can look like a frame."""
    domain.set_fault("MASTER1", Fault.GARBAGE, bytes=50_000)
    lines = reply(domain, "MASTER1", EVERY_GATE.line()).stdout.split(b"\n")
    assert {line[:1] for line in lines if line} == {b"=", b"|"}
    assert sum(line.startswith(b"=") for line in lines) == 2 + 2 * len(EVERY_GATE.sections)


@pytest.mark.parametrize(
    ("role", "skipped"),
    [
        ("server", {"list": "not_master", "queue": "not_master"}),
        ("client", {"sequence": "client", "list": "not_master", "memory": "client", "queue": "not_master"}),
    ],
)
def test_what_a_role_does_not_have_is_skipped_with_its_reason(
    domain: SimulatedDomain, role: str, skipped: dict[str, str]
) -> None:
    """A replica has no list, a client has no database."""
    domain.run("REPHOST", ("convert", "-v", role))
    answer = reply(domain, "REPHOST", EVERY_GATE.line()).stdout
    ends = [frame.split()[1:] for frame in frames(answer) if frame.startswith("=end")]
    assert {name: what for name, what, *_ in ends if what.startswith("skipped")} == {
        name: f"skipped={reason}" for name, reason in skipped.items()
    }


def test_only_three_keys_of_env_leave_the_host(domain: SimulatedDomain) -> None:
    """BOKSINIT, SHM_SIZE and the masters that are accepted."""
    lines = section(reply(domain, "REPHOST", EVERY_GATE.line()).stdout, "role")
    assert [line.partition("=")[0] for line in lines[:-1]] == ["|BOKSINIT", "|SHM_SIZE", "|BRIDGE_ACCEPT_MASTER_IPS"]


def test_an_error_is_prefixed_apart_and_has_its_status(domain: SimulatedDomain) -> None:
    """A stopped master's list fails with a line on stderr."""
    domain.run("MASTER1", ("Boot", "-k"))
    lines = section(reply(domain, "MASTER1", "boks-gate/1 list").stdout, "list")
    assert lines == ["!boksdiag: list: no answer from the master's daemons", "=end list exit=1 seconds=0"]


def test_a_section_that_hangs_is_cut_off(domain: SimulatedDomain) -> None:
    """It costs the gate's whole limit, and the others still come."""
    domain.set_fault("MASTER1", Fault.HANGING)
    answer = reply(domain, "MASTER1", READING.line())
    assert frames(answer.stdout)[-3:] == [
        "=section sequence",
        f"=end sequence timeout={SECTION_LIMIT_SECONDS} seconds={SECTION_LIMIT_SECONDS}",
        "=done sections=2",
    ]
    assert answer.delay_seconds >= SECTION_LIMIT_SECONDS


def test_a_wrong_clock_is_reported_as_it_is(domain: SimulatedDomain) -> None:
    """The host's clock is the host's."""
    answer = reply(domain, "REPHOST", "boks-gate/1 role", clock_skew_seconds=-3600)
    assert frames(answer.stdout)[0].endswith("clock=2023-11-14T21:23:20")


def test_waiting_updates_show_as_files_of_the_spool(domain: SimulatedDomain) -> None:
    """Number and the oldest entry as `ls -ltr` prints it; nothing waits on a healthy domain."""
    assert section(reply(domain, "MASTER1", "boks-gate/1 queue").stdout, "queue")[0] == "|files=0"
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.advance(900.0)
    lines = section(reply(domain, "MASTER1", "boks-gate/1 queue").stdout, "queue")
    assert lines[:2] == ["|files=5", "|oldest=-rw-r----- 1 root root 5 Nov 14 22:23 dd_fcom_1"]


def test_the_error_log_is_counted_and_its_last_lines_are_reported(domain: SimulatedDomain) -> None:
    """Thirty lines at most, each behind `> `."""
    for _ in range(25):
        domain.run("REPHOST", ("Boot", "-k"))
        domain.run("REPHOST", ("Boot",))
    lines = section(reply(domain, "REPHOST", "boks-gate/1 errlog").stdout, "errlog")
    assert lines[0] == "|lines=50"
    assert len(lines) == 1 + 30 + 1
    assert all(line.startswith("|> Nov 14 22:23:20 REPHOST ") for line in nonempty(lines[1:-1]))


def test_equal_files_have_equal_checksums(domain: SimulatedDomain) -> None:
    """A changed SHM_SIZE shows in the section of the role only."""
    domain.run("REPHOST", ("cadm", "-E", "SHM_SIZE=20000"))
    for name, changed in (("role", ["|SHM_SIZE=20000"]), ("checksums", [])):
        one, other = (
            section(reply(domain, host, f"boks-gate/1 {name}").stdout, name) for host in ("REPHOST", "REPHOST2")
        )
        assert [line for line, same in nonempty(zip(one, other, strict=True)) if line != same] == changed


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "unknown_protocol"),
        ("rm -rf /", "unknown_protocol"),
        ("boks-gate/2 role", "unknown_protocol"),
        ("boks-gate/1", "no_section"),
        ("boks-gate/1 role convert", "unknown_word"),
        ("boks-gate/1 role role", "repeated_word"),
    ],
)
def test_a_request_beyond_the_vocabulary_is_refused(domain: SimulatedDomain, line: str, reason: str) -> None:
    """With the gate's own reason and status."""
    answer = reply(domain, "MASTER1", line)
    assert (answer.stdout, answer.exit_status) == (f"=refused {reason}\n".encode(), 64)
