"""The knowledge file: what is written is read again, and what is no such file is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.earlier_knowledge import EarlierKnowledge, KnownHost, LastReach, knowledge_of
from boks_exporter.failover.facts import Reading, Witness
from boks_exporter.knowledge.knowledge_file import KnowledgeError, read_knowledge, write_knowledge
from boks_exporter.model import Reach, Role
from boks_exporter.replication import CopyEvidence, Lead
from tests.unit.domain_rounds import TOOK
from tests.unit.failover_facts import dead_master, sound_domain

KNOWN = EarlierKnowledge(
    domain="prod",
    written_at=1_000.5,
    source="check on ops1",
    last_known_master="M",
    hosts=(
        KnownHost(name="M", address="10.0.0.1", role=Role.MASTER, answered_at=900.0, failing_since=960.0),
        KnownHost(name="R9", address="10.0.0.9", port=2222, is_discovered=True),
    ),
    readings={"M": Reading("M", {7: (100, 1.5), 9: (50, None)}, 899.0, "", is_final=False)},
    evidence={"R9": CopyEvidence({7: Lead(5.0, 6.0, 3, 103)}, diverged_since=7.0)},
    reached=(LastReach("R1", "M", 890.0),),
    named={"R7": 880.0},
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Every field, whatever the umask; only the source is the file."""
    path = tmp_path / "new" / "knowledge.json"
    write_knowledge(path, KNOWN)
    found = read_knowledge(path, "prod")
    readings = {name: replace(reading, source="") for name, reading in found.readings.items()}
    assert replace(found, source=KNOWN.source, readings=readings) == KNOWN
    assert (found.source, path.stat().st_mode & 0o777) == (str(path), 0o660)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": 2, "domain": "prod", "written_at": 1}',
        '{"domain": "other", "written_at": 1}',
        '{"domain": "prod", "written_at": -1}',
        '{"domain": "prod", "written_at": 1, "hosts": [{"name": "M", "address": "", "role": "master"}]}',
        '{"domain": "prod", "written_at": 1, "hosts": [{"name": "M", "address": "m", "role": "king"}]}',
        '{"domain": "prod", "written_at": 1, "readings": [{"host": "M", "read_at": 1, "numbers": {"x": [1, 2]}}]}',
        '{"domain": "prod", "written_at": 1, "readings": [{"host": "M", "read_at": 1, "numbers": {"7": [-1, 2]}}]}',
        '{"domain": "prod", "written_at": NaN}',
        '{"domain": "prod", "written_at": 1, "evidence": {"R9": {"leads": 3}}}',
    ],
)
def test_what_is_no_knowledge_of_this_domain_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "knowledge.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=str(path)):
        read_knowledge(path, "prod")


def test_a_file_that_cannot_be_read_or_written_is_reported(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(KnowledgeError, match="missing"):
        read_knowledge(tmp_path / "missing", "prod")
    (tmp_path / "taken").mkdir()
    with pytest.raises(KnowledgeError, match="taken"):
        write_knowledge(tmp_path / "taken", KNOWN)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_a_round_is_kept_with_what_only_an_earlier_one_showed() -> None:
    """The silent master keeps its role, its numbers and when it answered; a replica keeps when it reached it."""
    before = knowledge_of(sound_domain(), "check")
    reached = replace(before, reached=(LastReach("R1", "M", 5.0), LastReach("R2", "M", 5.0)))
    facts = dead_master(witnesses=(Witness("R1", Reach.REACHABLE, about="M"), Witness("R2", Reach.TIMEOUT, about="M")))
    now = knowledge_of(facts, "check", reached)
    answered = KnownHost(name="M", address="192.0.2.1", role=Role.MASTER, answered_at=TOOK, own_name="M")
    assert before.host("M") == answered
    assert now.host("M") == replace(answered, failing_since=facts.failing_since["M"])
    assert {(each.host, each.at) for each in now.reached} == {("R1", facts.seen_at), ("R2", 5.0)}
    assert now.readings.keys() >= {"M", "R1"}
