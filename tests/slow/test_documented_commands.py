"""Every command of boks-exporter in the documentation is run, on a domain behind real SSH, as it is printed.

Names, paths and addresses that stand for the reader's own are replaced by those of this test, and nothing else is.
What is not run is listed with the reason.
"""

import asyncio
import json
import re
import shlex
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final
from zlib import crc32

import pytest
from aiohttp import ClientSession

from tests.integration.test_readme import KEY, Terminal, terminal
from tests.nonempty import nonempty
from tests.unit.documented_commands import typed
from tests.unit.test_docs import PAGES, SHIPPED

pytestmark = pytest.mark.timeout(1800)

NOT_RUN: Final = {
    r"init\b": "writes below /etc: run by the first-domain walk in a namespace, and by tests/integration/test_init*.py",
    r"status\b.* ?--watch": "needs a terminal: tests/unit/test_cli_status_watch.py",
    r"demo --failover$": "run as a program by tests/integration/test_demo_failover.py",
    r"rules --runbook-url BASE$|rules$|gate install( --operator)?$|failover$|record( --scrub)?$": "names a command",
    r"diagnose$|gate installer$|events$": "names a command",
}
OTHER_PROGRAMS: Final = {
    "amtool": "needs an Alertmanager with alerts; tests/alerts run the configuration that it reads",
    "ansible": "no part of a test machine; its task runs the installer, as tests/integration does",
    "curl": "the exporter's own URLs are asked for below",
    "docker": "no daemon in the tests: scripts/build-image builds and tests the image without one",
    "journalctl, systemctl": "need systemd as the first process: scripts/try-systemd runs the unit under it",
    "pip-audit, pipx": "ask a package index; tests/slow/test_dist.py installs the wheel",
    "promtool": "run on rules, configurations and pages by tests/integration",
    "ssh, ssh-keygen, ssh-keyscan": "ask the reader's hosts; the first-domain walk runs installers over ssh",
    "boksadm and what it runs": "is BoKS itself",
    "the steps of gate install": "run as printed by tests/slow/test_manual_installation.py",
}
"""Commands of other programs on the pages: where they are run, or why they are not."""
UNTIL_STOPPED: Final = r"(serve|demo)\b|events\b.*--follow\b"
"""They run until they are stopped; the first output shows that they work. The run of this test is closed and ends."""
CODES: Final = {
    r"(doctor|check)\b": {0, 1, 2, 3},
    r"fit\b": {0, 1},
    r"diagnose\b": {0, 11},
    r"failover verify|failover check|failover conflict": {0, 1, 10, 11},
    r"failover (promote|switchover|rebuild|add-replica|failback|retire|plan) ": {0, 2, 10, 11},
    r"failover rehearse ": {0, 10, 11, 20, 21, 22, 23, 24},
    r"failover (abort|resume|forget|show|break-lock|declare-lost|asides (remove|restore)) ": {0, 1, 2, 10, 11, 20},
}
"""Exit codes other than 0: what is wrong with the domain, a refusal of a guard, an unknown run or fingerprint, and
what a rehearsed run would end with."""
SECONDS: Final = 240.0
NO_SUCH_FINDING: Final = "there is no finding"
"""The answer to `--accept` where the domain does not have what is accepted."""
STANDS_FOR: Final = {
    "HOST": "replica1",
    "OLDMASTER": "master1",
    "MASTER": "master1",
    "MASTER1": "master1",
    "REPHOST5": "replica1",
    "DOMAIN": "prod",
    "PROCEDURE": "promote",
    "ADDRESS": "192.0.2.10",
    "NAME": "boks",
    "[HOST]": "replica1",
    "F": "0" * 16,
    "FINGERPRINT": "0" * 16,
}
DURATIONS: Final = {"--duration": "2s", "--every": "1s", "--for": "2s"}
PATHS: Final = (
    (
        r"^(--config\.file=)?(/etc/boks-exporter/config\.yaml|\./config\.yaml|/tmp/boks-exporter-demo\S*)$",
        r"\1boks-exporter.yaml",
    ),
    (r"^(--\S+=)?(/etc/boks-exporter|\$\{CREDENTIALS_DIRECTORY\}|/etc(?!/keys)|/var/tmp|~)/(?:\.)?", r"\1written/"),
    (r"^(--\S+=)?\./", r"\1written/"),
)


def lines() -> list[str]:
    found = {line for page in [*PAGES, *SHIPPED] for line in typed(page.read_text(encoding="utf-8")) if line}
    return sorted(found, key=lambda line: (not line.startswith("record"), " end " in line, line))


def reason_not_to_run(line: str) -> str | None:
    return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern, line)), None)


def words_of(line: str, url: str, run: str) -> Iterator[str]:
    """Replace what stands for the reader's own."""
    words = shlex.split(line)
    if words[0] in {"rules", "dashboards"}:
        words[-1] = f"written/{words[0]}-{crc32(line.encode())}"
    for before, word in pairwise(["", *words]):
        if word == "FILE":
            yield {"--public-key": "id_boksmon.pub"}.get(before, "boks-exporter.yaml")
        elif word == "DIRECTORY":
            yield "written/directory"
        elif re.match(r"https?://(monitor|EXPORTER|127\.0\.0\.1)", word):
            yield url
        elif before in DURATIONS:
            yield DURATIONS[before]
        else:
            for pattern, text in PATHS:
                word = re.sub(pattern, text, word)  # noqa: PLW2901 - each rule follows the one before
            word = re.sub(r"^(RUN|20261124-\d+-[a-z]+-[0-9a-f]+)", run, word)  # noqa: PLW2901 - as above
            yield STANDS_FOR.get(word, re.sub(r":1650[01]$", ":0", word))
    if words[0] == "demo" and "--listen" not in words:
        yield "--listen=127.0.0.1:0"


@asynccontextmanager
async def exporter(found: Terminal) -> AsyncIterator[str]:
    """Run `serve`, and return its URL once it has polled."""
    process = await found.start("serve --web.listen-address=127.0.0.1:0")
    assert process.stdout
    reading = None
    try:
        async with asyncio.timeout(60):
            while not (match := re.search(rb"(http://127\.0\.0\.1:\d+)", await process.stdout.readline())):
                pass
        reading = asyncio.create_task(process.stdout.read())
        yield match[1].decode()
    finally:
        process.send_signal(signal.SIGTERM)
        await (reading or process.communicate())
        await process.wait()


async def until_output(found: Terminal, line: str) -> str | None:
    """Start a command that goes on until it is stopped; return what is wrong."""
    process = await found.start(line)
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            first = await process.stdout.readline()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        rest, _ = await process.communicate()
    if first.strip() and process.returncode in {0, 130}:
        return None
    return f"{line}: {process.returncode}\n{(first + rest).decode()[-600:]}"


async def wrong_with(found: Terminal, line: str, url: str, run: str) -> str | None:
    words = shlex.join(words_of(line, url, run))
    if re.match(UNTIL_STOPPED, line) and "--duration" not in line:
        return await until_output(found, words)
    code, output = await found.run(words, SECONDS)
    allowed = {0}.union(*(codes for pattern, codes in CODES.items() if re.match(pattern, line)))
    is_misused = "Usage: " in output and "--help" not in line and NO_SUCH_FINDING not in output
    is_refused = code not in allowed or is_misused or "Traceback" in output
    return f"{line}: {code}\n{output[-600:]}" if is_refused else None


async def run_of_a_rebuild(found: Terminal) -> str:
    """Rebuild a replica, so that there is a run, and return its name."""
    _, output = await found.run("failover plan rebuild replica2 --output json", SECONDS)
    code, output = await found.run(f"failover rebuild replica2 --apply {json.loads(output)['fingerprint']}", SECONDS)
    assert code == 0, output
    _, output = await found.run("failover history --output json", SECONDS)
    match = re.search(r"\d{8}-\d{6}-rebuild-[0-9a-f]{8}", output)
    assert match, output
    return match[0]


async def test_every_documented_command_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOKS_EXPORTER_WEB_LISTEN_ADDRESS", "127.0.0.1:0")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "written").mkdir()
    for name in ("id_boksmon.pub", "id_boksop.pub"):
        (tmp_path / "written" / name).write_text(f"{KEY} exporter\n", encoding="utf-8")
        (tmp_path / name).write_text(f"{KEY} exporter\n", encoding="utf-8")
    (tmp_path / "written" / "web.yml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "written" / "boks-password").write_text("secret\n", encoding="utf-8")
    async with terminal(tmp_path) as found:
        file = tmp_path / "boks-exporter.yaml"
        file.write_text(f"state_file: state.sqlite\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
        async with exporter(found) as url:
            run = await run_of_a_rebuild(found)
            faults = [await wrong_with(found, line, url, run) for line in lines() if reason_not_to_run(line) is None]
    assert "\n".join(fault for fault in nonempty(faults) if fault) == ""


async def test_every_url_of_the_exporter_is_answered(tmp_path: Path) -> None:
    """Where `curl` or a browser is sent; a stream goes on, so that its first bytes are enough."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    paths = {*re.findall(r"http://(?:EXPORTER|localhost|127\.0\.0\.1|monitor):16500(/[\w/.-]*)", text)}
    async with terminal(tmp_path) as found, exporter(found) as url, ClientSession() as session:
        answers = {path: (await session.get(url + path)).status for path in nonempty(paths)}
    assert {path: status for path, status in answers.items() if status != 200} == {}


def test_what_is_not_run_is_there() -> None:
    """A reason for a command that no page shows any longer is removed."""
    shown = lines()
    assert [pattern for pattern in NOT_RUN if not any(re.match(pattern, line) for line in shown)] == []
