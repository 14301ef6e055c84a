"""The commands that doctor prints are accepted by the program, and has the options that doctor was given."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.doctor.doctor import DoctorOptions, command_again
from boks_exporter.doctor.local_checks import check_configuration
from boks_exporter.doctor.prometheus_checks import write_rules
from boks_exporter.doctor.remedies import Remedies, Stage
from boks_exporter.doctor.reply_checks import reply_checks
from boks_exporter.errors import FailureReason
from boks_exporter.model import Host, Role, Section, SectionFault
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.report.next_commands import NextCommands
from tests.nonempty import nonempty
from tests.unit.documented_commands import fault
from tests.unit.exposition_views import BEGUN, seen

FILE = "/srv/boks config/a.yaml"
COMMANDS = NextCommands(("--config.file", FILE), domain="prod")
NEEDS_FILE = {"record", "fit", "doctor", "config", "failover", "diagnose", "status"}


def faults_in(text: str) -> list[str]:
    """Return what is wrong with the commands of a remedy."""
    found = []
    for line in re.findall("boks-exporter (.*)", text):
        words = shlex.split(line.split(" | ")[0].split("; ")[0].split(" keeps ")[0].split(" prints ")[0])
        wrong = fault(shlex.join(words))
        if wrong or (words[0] in NEEDS_FILE and FILE not in words):
            found.append(f"{line}: {wrong}")
    return found


SETTINGS = {
    "plain": SshSettings(user="boksmon", identity_files=(Path("/k/id_boksmon"),)),
    "other user": SshSettings(user="watch", identity_files=(Path("/k k/id"),), openssh_config=Path("/c")),
    "jump hosts": SshSettings(user="boksmon", jump_host="ops@127.0.0.1:2222,127.0.0.9"),
    "sent": SshSettings(user="boksmon", gate=GateMode.SENT),
}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", SETTINGS)
def test_every_stage_has_a_command_that_can_be_typed(stage: Stage, name: str) -> None:
    settings = SETTINGS[name]
    text = Remedies(Host("h1", "127.0.0.3", 2022), settings, COMMANDS, settings.jump_host).at(stage)
    assert text
    assert faults_in(text) == []
    for each in re.findall(r"\bssh (?=-v|root@|-p|-J)[^;|]*", text):
        words = shlex.split(each)
        assert [hop for hop in (settings.jump_host or "").split(",") if hop not in each] == []
        assert "2022" in words
    if name == "jump hosts" and "--from" in text:
        assert "--from 127.0.0.9" in text


def test_a_reply_has_commands_that_can_be_typed() -> None:
    outcome = replace(
        seen("h1", Role.REPLICA, {1: 5}, BEGUN),
        faults=(SectionFault(Section.SEQUENCE, FailureReason.PARSE, "odd"),),
    )
    remedies = Remedies(Host("h1", "127.0.0.3"), SETTINGS["plain"], COMMANDS)
    texts = nonempty(
        [check.remedy for check in reply_checks(remedies.host, outcome, COMMANDS, remedies) if check.remedy]
    )
    assert [wrong for text in texts for wrong in faults_in(text)] == []


def test_what_is_found_here_has_commands_that_can_be_typed(tmp_path: Path) -> None:
    options = DoctorOptions(
        config_file=Path(FILE), listen_addresses=(":1",), web_config_file=Path("/w w"), job="other", hosts=("h1",)
    )
    again = command_again(options)
    assert fault(again.removeprefix("boks-exporter ")) is None
    assert all(word in again for word in (":1", "/w w", "other", FILE))
    broken = tmp_path / "a b.yaml"
    broken.write_text("domains: 1\n", encoding="utf-8")
    for check in nonempty(check_configuration(broken).checks):
        assert shlex.split(check.remedy)[-1] == str(broken)
    assert "--job other" in write_rules("other")
    assert "--job" not in write_rules("boks")
