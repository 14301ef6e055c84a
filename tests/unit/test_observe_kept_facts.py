"""A text that a host has printed before, or another host, is parsed once."""

from boks_exporter.model import Host, Observed
from boks_exporter.observe import interpret
from boks_exporter.parsing.ignored_lines import IgnoreRule
from boks_exporter.remote.request import EVERY_GATE
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import frames, replica


def seen(reply: bytes, host: str = "R1", ignored: tuple[IgnoreRule, ...] = ()) -> Observed:
    outcome = interpret.interpret_reply(Host(host, "192.0.2.1"), EVERY_GATE, RawReply(reply, b"", 0), 1.0, 2.0, ignored)
    assert isinstance(outcome, Observed)
    return outcome


def test_hosts_that_print_the_same_share_the_facts() -> None:
    """Which makes them comparable at a glance; what differs by a digit is another fact."""
    one, other, changed = seen(replica(5)), seen(replica(5), "R2"), seen(replica(6))
    assert one.sequences is other.sequences
    assert (one.host, other.host) == ("R1", "R2")
    assert changed.sequences != one.sequences


def test_facts_are_kept_within_bounds() -> None:
    """A long text is parsed each time, and of short ones only the newest are kept."""
    tables = "".join(f"T{number} 13678d 8:33:46 5 (5)\n" for number in range(900))
    long = frames("server", sequence=tables)
    assert seen(long).sequences is not seen(long).sequences
    first = seen(replica(5)).sequences
    for number in range(2000):
        seen(replica(10 + number))
    assert seen(replica(5)).sequences is not first
    assert seen(replica(5)).sequences == first


def test_rules_for_lines_apply_to_facts_that_were_parsed_before() -> None:
    """Their change takes effect with the next reply."""
    text = frames("server", sequence="T7 13678d 8:33:46 5 (5)\nsome note\n")
    rule = IgnoreRule(pattern="some note", reason="known")
    found = [seen(text, ignored=rules).sequences for rules in ((), (rule,), ())]
    assert [one and one.unread_lines[0].ignored for one in found] == [None, "known", None]
