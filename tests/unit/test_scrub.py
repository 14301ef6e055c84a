"""Scrubbing of recordings: no secret is left, widths and verdicts are kept."""

import json
import re
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.model import Section
from boks_exporter.recording.aliases import Aliases, is_kept
from boks_exporter.recording.scrub import scrub_line, scrub_reply
from tests.nonempty import nonempty
from tests.unit.cli_replays import PUBLISHED_SEQUENCE, healthy, write
from tests.unit.test_record import states, texts

SECRETS = (
    "lonmast01",
    "utrrep02",
    "parrep3",
    "bigbank",
    "intra",
    "alice",
    "hunter2",
    "10.20.30.40",
    "172.16.254.201",
    "fe80::1ff:fe23:4567:890a",
    "Rotterdam",
    "4711471147",
    "s3cr3t",
    "geheim",
    "10.20.30.",
    "'4711'",
)
"""What is planted in every section, below."""

PLANTED = (
    "user alice of lonmast01.bigbank.intra at 10.20.30.40 (fe80::1ff:fe23:4567:890a) has hunter2",
    "pin=4711471147 s3cr3t GEHEIM utrrep02 PARREP3 172.16.254.201 Rotterdam",
)

MESSAGES = (
    "T9 13178d 11:05:23 1919 (1919) LOCKED by 4711471147",
    "T9 pin: 4711471147",
    "4711471147",
    "utrrep02 denied 4711471147",
    "pin4 4711471147",
)
"""Numbers in lines of `sequence` and `list` that are no rows."""

SECTIONS = {
    "role": "BOKSINIT={role}\nSHM_SIZE=16000\nBRIDGE_ACCEPT_MASTER_IPS=10.20.30.40,172.16.254.201\n",
    "sequence": PUBLISHED_SEQUENCE,
    "list": (
        "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST\n"
        "utrrep02.bigbank.intra 00:49 04:49 1853521 OK\n"
        "PARREP3 02:59 02:13 11:44 148342 DOWN\n"
    ),
    "memory": "Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896\n",
    "errlog": "lines=4711\n> Checksum mismatch\n",
    "queue": "files=2\noldest=-rw-r----- 1 alice geheim 312 Nov 23 08:12 dd_fcom_4711\n",
    "checksums": "method.conf 4711471147 612\n",
}
HOSTS = {"lonmast01": "master", "utrrep02": "server", "parrep3": "server"}


def raw_reply(name: str, role: str) -> str:
    """Write a reply of the gate with secrets before, in, between and after its sections."""
    lines = [*PLANTED, "=boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12", *PLANTED]
    for section, text in SECTIONS.items():
        lines.append(f"=section {section}")
        if section == "list" and role != "master":
            lines.append("=end list skipped=not_master")
            continue
        quoted = "> " if section == "errlog" else ""
        lines += [f"|{line}" for line in text.format(role=role).splitlines()]
        lines += [f"|{quoted}{line}" for line in PLANTED]
        lines += [f"!{line}" for line in PLANTED]
        lines.append(f"=end {section} exit=0 seconds=1")
    return "\n".join([*lines, f"=done sections={len(SECTIONS)}", *PLANTED, name, ""])


def secret_domain(directory: Path) -> Path:
    """Write a recording with secrets, as a domain that can be recorded again."""
    hosts = ""
    for name, role in HOSTS.items():
        (directory / "bigbank" / name).mkdir(parents=True)
        (directory / "bigbank" / name / "reply.txt").write_text(raw_reply(name, role), encoding="utf-8")
        hosts += f"      - {{name: {name}, address: {name}.bigbank.intra, site: '4711', section: 10.20.30.0/24}}\n"
    config = directory / "config.yaml"
    config.write_text(
        f"domains:\n  - name: bigbank\n    transport: {{kind: replay, directory: bigbank}}\n    hosts:\n{hosts}",
        encoding="utf-8",
    )
    return config


def test_no_secret_is_left_after_scrubbing_and_the_verdicts_are_the_same(tmp_path: Path) -> None:
    """Whatever is planted, wherever in a reply: names of files and directories included."""
    config = secret_domain(tmp_path / "real")
    before = texts(tmp_path / "real")
    assert all(secret.lower() in before.lower() for secret in nonempty(SECRETS))

    assert run(["record", "--config.file", str(config), "--scrub", str(tmp_path / "out")]) == 0

    after = texts(tmp_path / "out")
    assert [secret for secret in SECRETS if secret.lower() in after.lower()] == []
    assert states(tmp_path / "out" / "replay.yaml") == states(config)


NONCE = "5f3c00aa"
OPENING = f"={NONCE} boks-gate/2 version=2.1.0 host=lonmast01 boks_init=4711 started=1764438012"
IN_FRAMES = (
    OPENING,
    f"alice's login: {OPENING}",
    f"={NONCE} refused alice hunter2",
    "=refused alice",
    f"{OPENING}\n={NONCE} done sections=0 alice=hunter2\nalice\n={NONCE} section geheim",
    f"{OPENING}\n={NONCE} section list\nlonmast01 ::ffff:10.20.30.40 04:49 18 OK\n={NONCE} end list exit=0",
    f"{OPENING}\n={NONCE} section queue\noldest=-rw-r----- 1 4711471147 4711471147 312 Nov 23 08:12 dd_fcom_1",
)


@pytest.mark.parametrize("sent", IN_FRAMES)
def test_no_secret_is_left_in_or_around_frames(sent: str) -> None:
    """Also where the reply breaks off, so that the name in its first frame is that of no known host."""
    scrubbed = scrub_reply(sent.encode(), Aliases()).decode()
    assert [secret for secret in (*SECRETS, "20.30.40") if secret in scrubbed] == []
    assert [*map(len, scrubbed.split("\n"))] == [*map(len, sent.split("\n"))]
    frames = re.findall(r"=5f3c00aa (?:boks-gate/2 version=2.1.0 host=|done|end list exit=0|section|refused)", sent)
    assert [frame for frame in frames if frame not in scrubbed] == []


@pytest.mark.parametrize("line", MESSAGES)
@pytest.mark.parametrize("section", ["sequence", "list"])
def test_numbers_of_a_line_that_is_no_row_are_replaced(section: str, line: str) -> None:
    """A row's own numbers stay where they are before the message."""
    aliases = Aliases()
    aliases.add_names(["utrrep02"])
    scrubbed = scrub_line(line, section, aliases)
    assert "4711471147" not in scrubbed
    assert ("1919 (1919)" in scrubbed) is ("1919" in line)
    assert len(scrubbed) == len(line)


def test_scrubbing_keeps_the_width_of_every_line(tmp_path: Path) -> None:
    """A list is a table, whose columns count."""
    config = secret_domain(tmp_path / "real")
    assert run(["record", "--config.file", str(config), "--scrub", str(tmp_path / "out")]) == 0
    real = sorted((tmp_path / "real").rglob("reply.txt"), key=lambda path: len(path.read_text()))
    scrubbed = sorted((tmp_path / "out").rglob("reply.txt"), key=lambda path: len(path.read_text()))
    widths = [[[*map(len, path.read_text().split("\n"))] for path in paths] for paths in (real, scrubbed)]
    assert widths[0] == widths[1]


def test_a_recording_without_scrubbing_is_what_the_hosts_sent(tmp_path: Path) -> None:
    """Byte by byte."""
    config = secret_domain(tmp_path / "real")
    assert run(["record", "--config.file", str(config), str(tmp_path / "out")]) == 0
    for name in HOSTS:
        sent = (tmp_path / "real" / "bigbank" / name / "reply.txt").read_bytes()
        assert (tmp_path / "out" / "bigbank" / name / "reply.txt").read_bytes() == sent
    assert states(tmp_path / "out" / "replay.yaml") == states(config)


def test_ignored_lines_are_ignored_in_the_scrubbed_recording(tmp_path: Path) -> None:
    """By patterns for their scrubbed forms, since the site's own may hold names."""
    recording = healthy()
    for files in recording.values():
        files["sequence"] += "T99 alice has 12 LOCKED\n"
    config = write(tmp_path, recording)
    rule = json.dumps({"pattern": "T99 alice .*", "reason": "alice's lock"})
    config.write_text(f"parsing: {{ignore_lines: [{rule}]}}\n{config.read_text()}")

    assert run(["record", "--config.file", str(config), "--scrub", str(tmp_path / "out")]) == 0

    assert "alice" not in texts(tmp_path / "out")
    assert states(tmp_path / "out" / "replay.yaml") == states(config) == [("ok", ["ok"] * len(recording))]


def test_samples_have_a_place_for_each_command_and_their_provenance(tmp_path: Path) -> None:
    """As the project's corpus has them, without a secret."""
    config = secret_domain(tmp_path / "real")
    assert run(["record", "--config.file", str(config), "--sample", "6.7", str(tmp_path / "out")]) == 0
    samples = tmp_path / "out" / "samples"
    provenance = (samples / "PROVENANCE.md").read_text()
    names = {f"{path.parent.name}/{path.stem}" for path in samples.rglob("*.txt")}
    assert {name.split("/")[0] for name in names} == {
        "env",
        "sequence",
        "list",
        "memory",
        "errlog",
        "queue",
        "checksums",
    }
    assert all(f"| `{name.split('/')[1]}` | recorded |" in provenance for name in nonempty(names))
    assert [secret for secret in SECRETS if secret.lower() in texts(samples).lower()] == []


def test_the_same_name_has_the_same_alias_in_any_case_and_with_its_domain() -> None:
    """So that a short and a full name, or an address, still mean one host."""
    aliases = Aliases()
    aliases.add_names(["REP1", "rep2.bank.example"])
    short, full = aliases.name("rep2"), aliases.name("rep2.bank.example")
    assert full.startswith(f"{short}.")
    assert aliases.name("REP1").lower() == aliases.name("rep1")
    assert aliases.name("REP1").isupper()
    assert len({aliases.name(name) for name in ("rep1", "rep2")}) == 2


@pytest.mark.parametrize(
    "address", ["1.2.3.4", "10.0.0.1", "10.20.30.40", "172.16.254.201", "fe80::1", "2001:a:b:c::77"]
)
def test_an_address_has_another_of_the_same_width(address: str) -> None:
    """And always the same one."""
    aliases = Aliases()
    replaced = aliases.address(address)
    assert replaced != address
    assert len(replaced) == len(address)
    assert aliases.address(address) == replaced
    assert aliases.address("192.168.100.100") != replaced


@pytest.mark.parametrize(
    "line",
    ["T9 13178d 11:05:23 1919 (1919)", "boksdiag: table 8 is locked", "T15 13178d 11:03:16 1,865 (1,865)"],
)
def test_what_names_a_table_is_kept(line: str) -> None:
    """The form of a row that cannot be read is what the report is about."""
    assert scrub_line(line, "sequence", Aliases()) == line


def test_a_reply_of_protocol_2_is_scrubbed_by_its_own_frames() -> None:
    """Lines that look like frames of protocol 1 are output there."""
    aliases = Aliases()
    aliases.add_names(["utrrep02"])
    raw = (
        "=5f3c boks-gate/2 version=2.0.0 host=utrrep02 boks_init=4711 started=1764438012\n"
        "=5f3c section errlog\nlines=1\n> =section alice\n=5f3c errors errlog\nhunter2\n"
        "=5f3c end errlog exit=0\n=5f3c done sections=1\n"
    )
    scrubbed = scrub_reply(raw.encode(), aliases).decode()
    assert not re.search("alice|hunter2|utrrep02", scrubbed)
    assert "=5f3c section errlog\nlines=1\n" in scrubbed
    assert "boks_init=4711 started=1764438012" in scrubbed


@pytest.mark.parametrize(("width", "names"), [(1, 30), (2, 1000), (3, 2000), (8, 2000)])
def test_many_names_have_different_aliases_that_are_names(width: int, names: int) -> None:
    """They begin with a letter, are no words of BoKS, and are as wide as long as there are enough of that width."""
    characters = "0123456789abcdefghijklmnopqrstuvwxyz"
    originals = [f"r{a}{b}"[-width:].rjust(width, "q") for a in characters for b in characters + "-"][:names]
    aliases = Aliases()
    aliases.add_names(originals)
    found = {name: aliases.name(name) for name in dict.fromkeys(originals) if aliases.knows(name)}
    assert len(set(found.values())) == len(found)
    assert all(alias[0].isalpha() and not is_kept(alias) for alias in nonempty(found.values()))
    assert sum(len(alias) == width for alias in found.values()) >= min(len(found), 15)


def test_more_addresses_than_a_width_has_are_still_different() -> None:
    """One digit has sixteen values."""
    aliases = Aliases()
    addresses = [*(f"::{digit}" for digit in "123456789abcdef"), "a::", "b::"]
    shown = [aliases.address(address) for address in addresses]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("section", sorted(Section))
@pytest.mark.parametrize("line", ["", " "])
def test_a_blank_line_stays_as_it_is(line: str, section: str) -> None:
    assert scrub_line(line, section, Aliases()) == line
