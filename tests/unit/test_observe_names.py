"""Names in the master's list: which host each is, which are connected to, and what a cut line shows."""

from dataclasses import replace

import pytest

from boks_exporter.model import Host, Observed, ReplicaLine, ReplicaList, ReportedStatus, Role, UnreadLine
from boks_exporter.observe.host_matching import Names, configured_names, discovered, listing_of, reading_of
from tests.unit.domain_rounds import NUMBERS, answers, listed, report

MASTER = answers("M", Role.MASTER, NUMBERS, 0.0)
HOSTS = (Host("M", "192.0.2.1"), Host("R1", "192.0.2.2"), Host("db.example.net", "192.0.2.3"))


def printing(*lines: ReplicaLine, unread: tuple[UnreadLine, ...] = ()) -> Observed:
    return replace(MASTER, replicas=ReplicaList(lines, unread))


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("r1", "R1"),
        ("*R1", "R1"),
        ("(R1)", "R1"),
        ("***", None),
        ("R1.example.net", "R1"),
        ("R1.example.org", "R1"),
        ("db", "db.example.net"),
        ("db.example", None),
        ("DB.EXAMPLE.NET", "db.example.net"),
        ("192.0.2.3", "db.example.net"),
        ("192.0.2.9", None),
    ],
)
def test_a_listed_name(server: str, name: str | None) -> None:
    host = Names(HOSTS).host(server)
    assert (host and host.name) == name


def test_a_name_or_an_address_of_two_hosts_is_nobodys() -> None:
    both = (Host("A", "192.0.2.1"), Host("a", "192.0.2.1"), Host("B", "192.0.2.2"))
    assert Names(both).host("A") is None
    assert Names(both).host("192.0.2.1") is None
    assert Names(both).host("B") == both[2]


# -- lines that could not be read --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_down"),
    [
        ("R1 02:5 ?? 148342 DOWN", True),
        ("R1 down", True),
        ("R1 02:59 1d02h DOWN", True),
        ("R1 was seen DOWN", False),
        ("R1 02:59 148342 OK", False),
        ("R8 02:59 148342 DOWN", False),
        ("DOWN R1", False),
        ("; , |", False),
    ],
)
def test_a_known_host_that_a_broken_row_shows_as_down_is_listed_so(text: str, *, is_down: bool) -> None:
    listing = listing_of(printing(unread=(UnreadLine(2, text),)), HOSTS)
    assert listing is not None
    assert [(entry.host, entry.line.status) for entry in listing.entries] == (
        [("R1", ReportedStatus.DOWN)] if is_down else []
    )
    assert [entry.line.text for entry in listing.unread] == [text]


def test_a_host_that_is_down_already_is_listed_once() -> None:
    unread = (UnreadLine(2, "R1 ?? DOWN"),)
    down = listing_of(printing(listed("R1", "DOWN"), unread=unread), HOSTS)
    fine = listing_of(printing(listed("R1", "OK"), unread=unread), HOSTS)
    assert down is not None
    assert fine is not None
    assert ([entry.host for entry in down.entries], [entry.host for entry in fine.entries]) == (["R1"], ["R1", "R1"])


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("boksdiag: R1: cannot read", ("R1",)),
        ("R1=OK;db.example.net|M", ("R1", "db.example.net", "M")),
        ("R1 R1 r1", ("R1",)),
        ("nothing of it", ()),
        ("x " * 49 + "R1", ("R1",)),
        ("x " * 50 + "R1", ()),
    ],
)
def test_an_unread_line_names_hosts_with_any_punctuation_around_them(text: str, hosts: tuple[str, ...]) -> None:
    listing = listing_of(printing(unread=(UnreadLine(2, text), UnreadLine(3, text, ignored="known"))), HOSTS)
    assert listing is not None
    assert [entry.hosts for entry in listing.unread] == [hosts]


def test_without_a_list_there_is_no_listing() -> None:
    assert listing_of(MASTER, HOSTS) is None
    listing = listing_of(printing(listed("R1"), listed("X")), HOSTS)
    assert listing is not None
    assert ([entry.host for entry in listing.entries], listing.read_at, listing.master) == (["R1", None], 0.25, "M")


# -- hosts that the list names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "names"),
    [
        ("R1 R8", "R8"),
        ("r8 R8", "R8"),
        ("*R8*", "R8"),
        ("R8 R8.example.net", "R8"),
        ("R8.example.net", "R8.example.net"),
        ("R8 R8.example.net R8.example.org", "R8 R8.example.net R8.example.org"),
        ("R8.example.net R8.example.org", "R8.example.net R8.example.org"),
        ("R8;reboot -oProxyCommand=x R/8 R8..net", ""),
        ("x" * 64, ""),
        (".".join(["x" * 60] * 5), ""),
        ("192.0.2.77 2001:db8::7", "192.0.2.77 2001:db8::7"),
    ],
)
def test_hosts_are_discovered_by_what_can_be_a_name(servers: str, names: str) -> None:
    found = discovered(printing(*map(listed, servers.split())), HOSTS, "{name}")
    assert sorted(host.name for host in found) == sorted(names.split())
    assert [host.name for host in found if not host.discovered or host.address != host.name] == []


def test_the_address_of_a_discovered_host_follows_the_template() -> None:
    (host,) = discovered(printing(listed("R8")), HOSTS, "{name}.example.net")
    assert (host.name, host.address) == ("R8", "R8.example.net")
    assert discovered(MASTER, HOSTS, "{name}") == ()


@pytest.mark.parametrize(
    ("address", "is_elsewhere"),
    [
        ("192.0.2.8", True),
        ("10.1.2.3", True),
        ("127.0.0.1", False),
        ("127.1", False),
        ("169.254.1.1", False),
        ("224.0.0.1", False),
        ("0.1.2.3", False),
        ("255.255.255.255", False),
        ("2001:db8::8", True),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:192.0.2.8", True),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::c000:208", True),
        ("2002:7f00:1::", False),
        ("localhost", False),
        ("LOCALHOST.", False),
        ("db.localhost", False),
        ("localhost.example.net", True),
    ],
)
def test_a_list_leads_to_other_machines_only(address: str, *, is_elsewhere: bool) -> None:
    assert bool(discovered(printing(listed("R8")), HOSTS, address)) is is_elsewhere


# -- new names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "at", "names"),
    [
        ("R1", {}, {}),
        ("r1", {}, {"r1": "R1"}),
        ("R1.example.net", {}, {"R1.example.net": "R1"}),
        ("OLD", {"OLD": "192.0.2.2:22"}, {"OLD": "R1"}),
        ("OLD R1", {"OLD": "192.0.2.2:22"}, {}),
        ("OLD", {"OLD": "192.0.2.2:2222"}, {}),
        ("OLD", {"GONE": "192.0.2.2:22"}, {}),
        ("OLD", {}, {}),
        ("db", {"db": "192.0.2.2:22"}, {"db": "db.example.net"}),
    ],
)
def test_a_host_is_known_under_its_new_name(known: str, at: dict[str, str], names: dict[str, str]) -> None:
    assert configured_names(known.split(), HOSTS, at) == names


def test_an_address_of_two_hosts_renames_none() -> None:
    twice = (Host("A", "192.0.2.2"), Host("B", "192.0.2.2"))
    assert configured_names(["OLD"], twice, {"OLD": "192.0.2.2:22"}) == {}


def test_a_reading_has_the_masters_numbers() -> None:
    read = reading_of(MASTER)
    assert read is not None
    assert (read.host, read.started_at, read.finished_at, read.sequences) == ("M", 0.0, 0.25, report(NUMBERS))
    assert reading_of(replace(MASTER, sequences=None)) is None
