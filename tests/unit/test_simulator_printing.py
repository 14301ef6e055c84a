"""The simulated commands print what is published about BoKS, the same for the same seed."""

import re

import pytest

from boks_exporter.simulator.domain import ListStyle, SimulatedDomain, published_layout
from boks_exporter.simulator.domain.printing import duration
from tests.nonempty import nonempty
from tests.unit.simulated_domains import REPLICAS, domain_of, text


def all_that_is_printed(domain: SimulatedDomain) -> list[bytes]:
    return [
        domain.run(host, argv).stdout
        for host in domain.hosts
        for argv in (("boksdiag", "list"), ("boksdiag", "sequence"), ("dumpbase", "-m"))
    ]


def test_the_list_is_laid_out_in_columns_under_two_header_lines() -> None:
    """Every age stands under its header, a replica that never failed has a blank there."""
    lines = text(domain_of().run("MASTER1", ("boksdiag", "list"))).splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["SERVER", "SINCE LAST", "SINCE LAST", "SINCE LAST", "COUNT", "LAST"]
    assert lines[1].split() == ["PCKT", "FAIL", "SYNC", "STATUS"]
    fail, sync = lines[1].index("FAIL"), lines[1].index("SYNC")
    assert [line.split()[0] for line in lines[2:]] == list(REPLICAS)
    assert {line[fail:sync].strip() == "" for line in lines[2:]} == {True, False}
    assert all(re.fullmatch(r"\d\d:\d\d", line[sync : sync + 10].strip()) for line in nonempty(lines[2:]))
    assert all(line.endswith("OK") for line in nonempty(lines[2:]))


def test_the_collapsed_list_is_like_the_published_page() -> None:
    """One header line, single blanks, and blank cells that leave no trace."""
    domain = SimulatedDomain(published_layout(list_style=ListStyle.COLLAPSED), seed=1)
    lines = text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines()
    assert lines[0] == "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST"
    published = r"REPHOST\d? \d\d:\d\d ((\d+D \d+:\d\d:\d\d) )?\d\d:\d\d \d+ OK"
    assert all(re.fullmatch(published, line) for line in nonempty(lines[1:]))


def test_a_sequence_line_has_table_stamp_and_the_number_twice() -> None:
    """The line is the published one: `T7 13678d 8:33:46 5053 (5053)`."""
    lines = text(domain_of().run("REPHOST3", ("boksdiag", "sequence"))).splitlines()
    assert len(lines) == 30
    for line in lines:
        match = re.fullmatch(r"T(\d+) \d+d \d+:\d\d:\d\d (\d+) \((\d+)\)", line)
        assert match[2] == match[3]


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(289, "04:49"), (3889, "1:04:49"), (136 * 86400 + 80495, "136D 22:21:35"), (-1, "00:00")],
)
def test_ages_are_written_as_published(seconds: int, printed: str) -> None:
    """Minutes, hours and days have their published forms."""
    assert duration(seconds) == printed


def test_memory_is_one_line_that_adds_up() -> None:
    """`dumpbase -m` tells total, free, used and the largest free piece."""
    printed = text(domain_of().run("REPHOST", ("dumpbase", "-m")))
    total, free, used, largest = map(
        int, re.fullmatch(r"Total: (\d+), Free: (\d+), Used: (\d+), Largest free: (\d+)\n", printed).groups()
    )
    assert total == free + used
    assert largest <= free


def test_the_same_seed_gives_the_same_history_and_another_one_another() -> None:
    """A history is repeated byte for byte."""
    assert all_that_is_printed(domain_of()) == all_that_is_printed(domain_of())
    assert all_that_is_printed(domain_of()) != all_that_is_printed(domain_of(seed=2))


def test_the_history_does_not_depend_on_the_steps_in_which_time_passes() -> None:
    """Advancing in a thousand steps is advancing once."""
    slowly = domain_of(at=0.0)
    for step in range(1000):
        slowly.advance(step * 0.6006006)
    slowly.advance(600.0)
    assert all_that_is_printed(slowly) == all_that_is_printed(domain_of())


def test_time_does_not_go_back() -> None:
    """Advancing to the past changes nothing."""
    domain = domain_of()
    domain.advance(1.0)
    assert domain.now == 600.0


@pytest.mark.parametrize("argv", [("rm", "-rf"), ("boksdiag", "nonsense"), ("convert", "-v", "king"), ("Boot", "-x")])
def test_an_unknown_command_is_an_error(argv: tuple[str, ...]) -> None:
    """It says so on stderr and ends with a status that is not 0."""
    printed = domain_of().run("MASTER1", argv)
    assert printed.exit_status != 0
    assert printed.stderr
    assert not printed.stdout


@pytest.mark.parametrize(
    ("host", "role", "argv"),
    [
        ("REPHOST", "server", ("boksdiag", "list")),
        ("REPHOST", "client", ("boksdiag", "sequence")),
        ("REPHOST", "server", ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", "REPHOST")),
        ("MASTER1", "master", ("hostadm", "-m", "-t", "NONSENSE", "-h", "REPHOST")),
        ("MASTER1", "master", ("cadm", "-E", "OTHER=1")),
    ],
)
def test_a_command_where_it_has_no_business_is_an_error(host: str, role: str, argv: tuple[str, ...]) -> None:
    """A list off the master, numbers on a client and an unknown host type are refused."""
    domain = domain_of()
    if domain.hosts[host].role != role:
        domain.run(host, ("convert", "-v", role))
    assert domain.run(host, argv).exit_status != 0
