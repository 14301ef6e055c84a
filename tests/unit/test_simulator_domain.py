"""The simulated domain does what is published about BoKS, the same for the same seed, and knows the truth."""

import math
import re
import time
from itertools import pairwise
from random import Random

import pytest

from boks_exporter.simulator.domain import (
    Boksinit,
    Connectivity,
    Fault,
    HostPlan,
    Layout,
    ListStyle,
    Printed,
    SimulatedDomain,
    Stopped,
    published_layout,
)
from boks_exporter.simulator.domain.link import Status
from boks_exporter.simulator.domain.printing import duration
from boks_exporter.simulator.domain.writes import Writes

REPLICAS = ("REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2", "REPHOST")


def domain_of(*, rate: float = 2.0, seed: int = 1, at: float = 600.0, **changes: object) -> SimulatedDomain:
    published = published_layout(writes_per_second=rate)
    fields = {name: getattr(published, name) for name in published.__dataclass_fields__} | changes
    domain = SimulatedDomain(Layout(**fields), seed=seed)
    domain.advance(at)
    return domain


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - seeded, so that a history can be repeated


def text(printed: Printed) -> str:
    assert printed.exit_status == 0, printed
    return printed.stdout.decode()


def listed(domain: SimulatedDomain, master: str = "MASTER1") -> dict[str, str]:
    """Read name and status off the printed list."""
    lines = text(domain.run(master, ("boksdiag", "list"))).splitlines()[2:]
    return {line.split()[0]: line.split()[-1] for line in lines}


def sequences(domain: SimulatedDomain, host: str) -> dict[str, int]:
    lines = text(domain.run(host, ("boksdiag", "sequence"))).splitlines()
    return {line.split()[0]: int(line.split()[3]) for line in lines}


def all_that_is_printed(domain: SimulatedDomain) -> list[bytes]:
    return [
        domain.run(host, argv).stdout
        for host in domain.hosts
        for argv in (("boksdiag", "list"), ("boksdiag", "sequence"), ("dumpbase", "-m"))
    ]


# -- writes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "bursts"), [(0.01, 1.0), (0.5, 1.0), (0.5, 20.0), (40.0, 1.0), (500.0, 8.0)])
def test_a_number_only_grows_and_knows_when_it_was_reached(rate: float, bursts: float) -> None:
    """Each number is reached at an instant at which the table shows it, and not a moment before."""
    writes = Writes(dice(1), 100, 0.0, rate=rate, born=0.0)
    writes.bursts = bursts
    numbers = [writes.number(at / 7) for at in range(2100)]
    assert all(before <= after for before, after in pairwise(numbers))
    for number in {*range(101, min(numbers[-1], 130)), numbers[-1]} - {100}:
        written = writes.written_at(number)
        assert writes.number(written) >= number
        assert writes.number(written - 1e-3 / rate) < number


@pytest.mark.parametrize(("rate", "bursts"), [(0.5, 1.0), (0.5, 10.0), (40.0, 1.0), (500.0, 1.0)])
def test_as_much_is_written_as_was_asked_for(rate: float, bursts: float) -> None:
    """Over a long time the mean rate is the layout's."""
    writes = Writes(dice(2), 0, 0.0, rate=rate, born=0.0)
    writes.bursts = bursts
    assert writes.number(40_000) / 40_000 == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("rate", [0.5, 50.0])
def test_what_is_written_does_not_depend_on_when_it_is_asked(rate: float) -> None:
    """A history asked in small steps is the one asked in a leap."""
    leap, steps = (Writes(dice(3), 0, 0.0, rate=rate, born=0.0) for _ in range(2))
    last = leap.number(500.0)
    assert [steps.number(at / 10) for at in range(5001)][-1] == last


def test_a_stopped_table_stays_and_a_resumed_one_goes_on() -> None:
    """Between stop and resume no number is given out."""
    writes = Writes(dice(4), 0, 0.0, rate=5.0, born=0.0)
    writes.stop(33.3)
    stopped = writes.number(33.3)
    assert writes.number(1000.0) == stopped
    writes.resume(1000.0)
    assert writes.number(1100.0) > stopped
    assert writes.written_at(stopped + 1) > 1000.0


def test_a_fork_shares_the_past_only() -> None:
    """A promoted copy has the same numbers up to the promotion and its own ones after it."""
    writes = Writes(dice(5), 0, 0.0, rate=5.0, born=0.0)
    fork = writes.fork(dice(6), 50.0)
    fork.resume(50.0)
    assert [fork.number(at) for at in range(51)] == [writes.number(at) for at in range(51)]
    assert [fork.number(at) for at in range(60, 200)] != [writes.number(at) for at in range(60, 200)]


def test_what_is_forgotten_keeps_its_number() -> None:
    """Dropping old instants changes no number that can still be asked for."""
    writes = Writes(dice(7), 0, 0.0, rate=5.0, born=0.0)
    before = [writes.number(at) for at in range(500, 1000)]
    writes.forget(500.0)
    assert [writes.number(at) for at in range(500, 1000)] == before
    assert writes.written_at(1) is None
    assert writes.written_at(10**9) is None


# -- what is printed ---------------------------------------------------------------------------------------------------


def test_the_list_is_laid_out_in_columns_under_two_header_lines() -> None:
    """Every age stands under its header, a replica that never failed has a blank there."""
    lines = text(domain_of().run("MASTER1", ("boksdiag", "list"))).splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["SERVER", "SINCE LAST", "SINCE LAST", "SINCE LAST", "COUNT", "LAST"]
    assert lines[1].split() == ["PCKT", "FAIL", "SYNC", "STATUS"]
    fail, sync = lines[1].index("FAIL"), lines[1].index("SYNC")
    assert [line.split()[0] for line in lines[2:]] == list(REPLICAS)
    assert {line[fail:sync].strip() == "" for line in lines[2:]} == {True, False}
    assert all(re.fullmatch(r"\d\d:\d\d", line[sync : sync + 10].strip()) for line in lines[2:])
    assert all(line.endswith("OK") for line in lines[2:])


def test_the_collapsed_list_looks_like_the_published_page() -> None:
    """One header line, single blanks, and blank cells that leave no trace."""
    domain = SimulatedDomain(published_layout(list_style=ListStyle.COLLAPSED), seed=1)
    lines = text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines()
    assert lines[0] == "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST"
    published = r"REPHOST\d? \d\d:\d\d ((\d+D \d+:\d\d:\d\d) )?\d\d:\d\d \d+ OK"
    assert all(re.fullmatch(published, line) for line in lines[1:])


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


# -- replication -------------------------------------------------------------------------------------------------------


def test_sound_replicas_are_behind_by_their_delay_only() -> None:
    """The oldest missing update is never older than the replica's own delay."""
    domain = domain_of(rate=50.0)
    for step in range(40):
        domain.advance(600.0 + step * 7.3)
        for name in REPLICAS:
            truth = domain.truth().hosts[name]
            assert truth.oldest_missing <= domain.hosts[name].delay_seconds + 1e-6
            assert (truth.ahead, truth.link, truth.is_fed) == ({}, Status.OK, True)


def test_the_truth_is_the_difference_of_what_the_hosts_print() -> None:
    """Lag and ahead of the truth are those of the numbers printed at the same instant."""
    domain = domain_of(rate=50.0)
    domain.set_fault("REPHOST2", Fault.AHEAD, by=7)
    domain.set_fault("REPHOST3", Fault.SLOW, delay_seconds=40)
    domain.advance(900.0)
    master = sequences(domain, "MASTER1")
    for name in REPLICAS:
        own = sequences(domain, name)
        truth = domain.truth().hosts[name]
        differences = {int(table[1:]): own[table] - master[table] for table in master if own[table] != master[table]}
        assert truth.lag == {table: -difference for table, difference in differences.items() if difference < 0}
        assert truth.ahead == {table: difference for table, difference in differences.items() if difference > 0}


def test_an_idle_domain_has_one_sync_age_on_all_replicas() -> None:
    """Without updates the age of the last one grows on every replica alike."""
    domain = domain_of(rate=0.0, at=7200.0)
    lines = text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines()
    sync = lines[1].index("SYNC")
    assert {line[sync : sync + 10].strip() for line in lines[2:]} == {"2:00:00"}


def test_a_batch_holds_updates_back_together() -> None:
    """A replica that takes its updates every 20 s is at most that much more behind."""
    master = HostPlan(name="M", role=Boksinit.MASTER)
    replica = HostPlan(name="R", role=Boksinit.SERVER, delay_seconds=1.0, batch_seconds=20.0)
    domain = SimulatedDomain(Layout(hosts=(master, replica), writes_per_second=5.0), seed=1)
    oldest = []
    for second in range(100, 300):
        domain.advance(float(second))
        oldest.append(domain.truth().hosts["R"].oldest_missing)
    assert 15.0 < max(oldest) <= 21.0


def test_sixty_busy_replicas_cost_milliseconds_a_round() -> None:
    """A round of 61 hosts with 54 tables at 500 updates a second is printed and measured in a fraction of a second."""
    replicas = (HostPlan(name=f"R{n}", role=Boksinit.SERVER, delay_seconds=n / 3) for n in range(60))
    hosts = (HostPlan(name="M", role=Boksinit.MASTER), *replicas)
    domain = SimulatedDomain(Layout(hosts=hosts, tables=tuple(range(54)), writes_per_second=500.0), seed=1)
    began = time.process_time()
    for at in range(30, 330, 30):
        domain.advance(float(at))
        for name in domain.hosts:
            domain.run(name, ("boksdiag", "sequence"))
        domain.truth()
    assert (time.process_time() - began) / 10 < 0.2


def test_a_long_history_is_forgotten_but_goes_on() -> None:
    """After days the instants of the first day are dropped, the numbers stay consistent."""
    domain = domain_of(rate=0.5, at=100.0)
    before = sequences(domain, "REPHOST")
    domain.advance(5 * 86400.0)
    assert all(number >= before[table] for table, number in sequences(domain, "REPHOST").items())
    assert domain.truth().hosts["REPHOST"].oldest_missing < 1.0


# -- roles and commands ------------------------------------------------------------------------------------------------


def test_convert_prints_the_documented_lines_and_changes_env() -> None:
    """A promotion ends with `Conversion from replica to master done.`."""
    domain = domain_of()
    assert text(domain.run("REPHOST5", ("convert", "-v", "master"))).splitlines() == [
        "Stopping daemons...",
        "Setting BOKSINIT=master in ENV file...",
        "Restarting daemons...",
        "Conversion from replica to master done.",
    ]
    assert b"BOKSINIT=master\n" in domain.files("REPHOST5")["etc/ENV"]


def test_a_promoted_replica_is_followed_by_the_others() -> None:
    """After the master's death and a promotion the others get the new master's updates."""
    domain = domain_of()
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.advance(700.0)
    before = sequences(domain, "REPHOST5")
    assert domain.masters() == ()
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.advance(1200.0)
    assert domain.masters() == ("REPHOST5",)
    assert listed(domain, "REPHOST5") == dict.fromkeys(("REPHOST4", "REPHOST3", "REPHOST2", "REPHOST"), "OK")
    assert sum(sequences(domain, "REPHOST5").values()) > sum(before.values())
    assert all(domain.truth().hosts[name].oldest_missing < 1.0 for name in REPLICAS if name != "REPHOST5")


def test_a_replica_that_had_more_than_the_promoted_one_is_ahead() -> None:
    """Updates that only the quicker replica had got are ahead of the new master (K1456)."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST5", Fault.SLOW, delay_seconds=60)
    domain.advance(800.0)
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.advance(801.0)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.advance(803.0)
    assert domain.truth().hosts["REPHOST3"].ahead


def test_an_old_master_that_comes_back_is_a_second_master() -> None:
    """A dead master boots in the role that its ENV still says."""
    domain = domain_of()
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.clear_fault("MASTER1", Fault.MASTER_DEAD)
    assert domain.masters() == ("MASTER1", "REPHOST5")
    assert domain.truth().hosts["REPHOST"].lag is None


def test_stale_files_make_a_converted_replica_run_ahead() -> None:
    """What K1262 found: an old master that is made a replica with its data keeps updates that nobody else has."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST5", Fault.SLOW, delay_seconds=60)
    domain.advance(800.0)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.run("MASTER1", ("convert", "-v", "server"))
    domain.run("REPHOST5", ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", "MASTER1"))
    domain.run("REPHOST5", ("Boot", "-k"))
    domain.run("REPHOST5", ("Boot",))
    domain.advance(1100.0)
    assert listed(domain, "REPHOST5")["MASTER1"] == "OK"
    assert domain.truth().hosts["MASTER1"].ahead


def test_a_host_without_data_can_be_made_a_master_of_nothing() -> None:
    """Nothing keeps a tired person from it; its list is there, its database is not."""
    domain = domain_of()
    domain.run("REPHOST", ("convert", "-v", "client"))
    domain.remove_data("REPHOST")
    domain.run("REPHOST", ("convert", "-v", "master"))
    assert domain.run("REPHOST", ("boksdiag", "sequence")).stdout == b""
    assert set(listed(domain, "REPHOST")) == set(REPLICAS) - {"REPHOST"}


def test_what_a_promoted_replica_had_too_much_or_foreign_is_the_masters_from_then_on() -> None:
    """Its surplus counts on, its tables of another generation are the generation, and the others differ from them."""
    domain = domain_of(rate=5.0)
    busiest, next_busiest = tuple(domain.hosts["MASTER1"].copy.database.busiest())[:2]
    domain.begin_table("MASTER1", next_busiest, rate=1.0)
    domain.set_fault("REPHOST5", Fault.AHEAD, by=5000, tables=(busiest,))
    domain.set_fault("REPHOST4", Fault.DIVERGED, tables=(next_busiest,))
    before = sequences(domain, "REPHOST5")
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    assert sequences(domain, "REPHOST5") == before
    domain.advance(900.0)
    assert sequences(domain, "REPHOST5")[f"T{busiest}"] > before[f"T{busiest}"]
    assert domain.truth().hosts["REPHOST3"].oldest_missing < 1.0


def test_a_master_that_lacks_a_generation_leaves_it_foreign_on_its_replicas() -> None:
    """A slow replica is promoted that had not got the table's new generation yet."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST5", Fault.SLOW, delay_seconds=300)
    table = next(iter(domain.hosts["MASTER1"].copy.database.busiest()))
    domain.begin_table("MASTER1", table, rate=1.0)
    domain.advance(700.0)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.run("MASTER1", ("convert", "-v", "server"))
    domain.advance(900.0)
    assert domain.truth().hosts["REPHOST3"].wrong_stamps == (table,)
    domain.set_fault("REPHOST5", Fault.MASTER_DEAD)
    domain.run("REPHOST3", ("convert", "-v", "master"))
    domain.advance(1200.0)
    assert domain.truth().hosts["REPHOST"].wrong_stamps == ()
    assert sequences(domain, "REPHOST3")[f"T{table}"] > 0


def test_a_slow_replica_gets_a_new_generation_from_a_new_master() -> None:
    """An earlier generation of the same table is no foreign one."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST4", Fault.SLOW, delay_seconds=300)
    domain.begin_table("MASTER1", 1, rate=1.0)
    domain.advance(700.0)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.run("MASTER1", ("convert", "-v", "client"))
    domain.advance(710.0)
    assert domain.truth().hosts["REPHOST4"].wrong_stamps == (1,)
    domain.advance(1400.0)
    assert domain.truth().hosts["REPHOST4"].wrong_stamps == ()


def test_the_spool_is_listed_by_its_command() -> None:
    """The format is not published; the names are told."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.advance(700.0)
    assert text(domain.run("MASTER1", ("boksdiag", "fque", "-master"))).splitlines() == ["dd_fcom_1", "dd_fcom_2"]


def test_a_host_without_files_loads_a_copy_that_is_equal() -> None:
    """Removed data files come back table by table and are then the master's (K1456 procedures 3 and 1)."""
    domain = domain_of(rate=5.0)
    domain.run("REPHOST", ("convert", "-v", "client"))
    domain.remove_data("REPHOST")
    assert not any(path.startswith("var/data/") for path in domain.files("REPHOST"))
    domain.run("REPHOST", ("convert", "-v", "server"))
    domain.advance(610.0)
    assert listed(domain)["REPHOST"] == "LOADING"
    assert 0 < len(domain.truth().hosts["REPHOST"].missing_tables) < 30
    domain.advance(800.0)
    assert listed(domain)["REPHOST"] == "OK"
    assert (domain.truth().hosts["REPHOST"].missing_tables, domain.truth().hosts["REPHOST"].ahead) == ((), {})


def test_a_new_replica_is_listed_once_the_master_was_restarted() -> None:
    """Registering alone is not enough: the list is read when the master starts (K1456 procedure 1)."""
    hosts = (HostPlan(name="M", role=Boksinit.MASTER), HostPlan(name="C", role=Boksinit.CLIENT))
    domain = SimulatedDomain(Layout(hosts=hosts), seed=1)
    domain.run("M", ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", "C"))
    domain.run("C", ("cadm", "-E", "SHM_SIZE=20000"))
    domain.run("C", ("convert", "-v", "server"))
    assert listed(domain, "M") == {}
    domain.run("M", ("Boot", "-k"))
    domain.run("M", ("Boot",))
    assert listed(domain, "M") == {"C": "LOADING"}
    assert text(domain.run("M", ("hostadm", "-l", "-t", "BOKSREPLICA", "-S"))) == "C\n"
    assert b"SHM_SIZE=20000\n" in domain.files("C")["etc/ENV"]
    domain.advance(200.0)
    assert sequences(domain, "C").keys() == sequences(domain, "M").keys()


def test_a_stopped_master_writes_nothing_and_lists_nothing() -> None:
    """`Boot -k` stops the updates, `Boot` lets them go on."""
    domain = domain_of(rate=5.0)
    domain.run("MASTER1", ("Boot", "-k"))
    stopped = sequences(domain, "MASTER1")
    domain.advance(900.0)
    assert sequences(domain, "MASTER1") == stopped
    assert domain.run("MASTER1", ("boksdiag", "list")).exit_status != 0
    domain.run("MASTER1", ("Boot",))
    domain.advance(1000.0)
    assert sum(sequences(domain, "MASTER1").values()) > sum(stopped.values())


def test_what_stopped_daemons_print_can_be_chosen() -> None:
    """Since nobody has published it, a domain can print the numbers or an error."""
    for stopped, status in ((Stopped.NUMBERS, 0), (Stopped.ERROR, 1)):
        domain = domain_of(when_stopped=stopped)
        domain.set_fault("REPHOST", Fault.DOWN)
        assert domain.run("REPHOST", ("boksdiag", "sequence")).exit_status == status


def test_a_table_can_get_a_new_generation_or_be_new() -> None:
    """A new stamp reaches the replicas after their delay, like any update."""
    domain = domain_of()
    domain.begin_table("MASTER1", 99)
    domain.begin_table("MASTER1", 1)
    assert domain.truth().hosts["REPHOST"].missing_tables == (99,)
    assert domain.truth().hosts["REPHOST"].wrong_stamps == (1,)
    domain.advance(602.0)
    assert (domain.truth().hosts["REPHOST"].missing_tables, domain.truth().hosts["REPHOST"].wrong_stamps) == ((), ())


def test_a_restored_master_goes_back_and_leaves_its_replicas_ahead() -> None:
    """What was written since the backup is on the replicas only."""
    domain = domain_of(rate=5.0)
    before = sequences(domain, "MASTER1")
    domain.restore("MASTER1", 100.0)
    after = sequences(domain, "MASTER1")
    assert sum(after.values()) < sum(before.values())
    domain.advance(601.0)
    assert domain.truth().hosts["REPHOST"].ahead
    domain.restore("REPHOST", 100.0)
    assert domain.masters() == ("MASTER1",)


# -- faults ------------------------------------------------------------------------------------------------------------


def test_a_replica_that_is_down_is_listed_so_and_catches_up_after_loading() -> None:
    """DOWN shows within a minute with the age of the lost packet; then LOADING, then OK with nothing missing."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.advance(661.0)
    assert listed(domain)["REPHOST"] == "DOWN"
    domain.advance(1000.0)
    assert domain.truth().hosts["REPHOST"].oldest_missing > 300
    line = next(line for line in text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines() if "DOWN" in line)
    assert line.split()[1] == "06:40"
    assert len([path for path in domain.files("MASTER1") if "dd_fcom_" in path]) == 7
    domain.clear_fault("REPHOST", Fault.DOWN)
    domain.advance(1001.0)
    assert listed(domain)["REPHOST"] == "LOADING"
    domain.advance(1200.0)
    assert listed(domain)["REPHOST"] == "OK"
    assert domain.truth().hosts["REPHOST"].oldest_missing < 1.0


def test_retries_to_a_dead_replica_are_counted_as_failures() -> None:
    """The last failure is younger than the last packet, as in the published DOWN line."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    ages = []
    for at in range(700, 1300, 10):
        domain.advance(float(at))
        line = next(line for line in text(domain.run("MASTER1", ("boksdiag", "list"))).splitlines() if "DOWN" in line)
        ages.append(line.split()[2])
    assert max(ages) < "03:01"


@pytest.mark.parametrize(
    ("fault", "parameters", "wrong"),
    [
        (Fault.LOADING, {}, "oldest_missing"),
        (Fault.LOADING, {"from_scratch": True}, "missing_tables"),
        (Fault.SLOW, {"delay_seconds": 300}, "oldest_missing"),
        (Fault.DIVERGED, {}, "lag"),
        (Fault.AHEAD, {"by": 3000}, "ahead"),
        (Fault.WRONG_STAMP, {"days": 3}, "wrong_stamps"),
        (Fault.MISSING_TABLE, {"tables": (1, 2)}, "missing_tables"),
        (Fault.UNLISTED, {}, "oldest_missing"),
        (Fault.UNREACHABLE, {"cut_off": True}, "oldest_missing"),
    ],
)
def test_a_fault_of_replication_shows_in_the_truth_and_goes_when_cleared(
    fault: Fault, parameters: dict[str, object], wrong: str
) -> None:
    """Set, it makes exactly its own difference on that replica; cleared, the replica is equal again."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", fault, **parameters)
    domain.advance(640.0)
    truth = domain.truth().hosts
    assert getattr(truth["REPHOST2"], wrong)
    if wrong == "oldest_missing":
        assert truth["REPHOST2"].oldest_missing > 35
    assert truth["REPHOST3"].oldest_missing < 1.0
    domain.clear_fault("REPHOST2", fault)
    domain.advance(1200.0)
    after = domain.truth().hosts["REPHOST2"]
    assert (after.ahead, after.wrong_stamps, after.missing_tables, after.link) == ({}, (), (), Status.OK)
    assert after.oldest_missing < 1.0


def test_a_diverged_replica_misses_one_table_only() -> None:
    """All other tables go on."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(900.0)
    assert [lag > 500 for lag in domain.truth().hosts["REPHOST2"].lag.values() if lag > 5] == [True]


@pytest.mark.parametrize("fault", [Fault.DIVERGED, Fault.AHEAD, Fault.WRONG_STAMP, Fault.MISSING_TABLE])
def test_a_fault_of_a_copy_changes_nothing_on_the_master(fault: Fault) -> None:
    """The master's data are what all others are measured by."""
    domain, sound = domain_of(rate=5.0), domain_of(rate=5.0)
    domain.set_fault("MASTER1", fault)
    for each in (domain, sound):
        each.advance(900.0)
    assert sequences(domain, "MASTER1") == sequences(sound, "MASTER1")


def test_a_table_that_is_stuck_stays_so_under_a_new_master() -> None:
    """And it is as it should be once the fault is cleared there."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(660.0)
    stuck = sequences(domain, "REPHOST2")
    domain.set_fault("MASTER1", Fault.MASTER_DEAD)
    domain.run("REPHOST5", ("convert", "-v", "master"))
    domain.advance(900.0)
    assert max(domain.truth().hosts["REPHOST2"].lag.values()) > 300
    assert stuck.items() & sequences(domain, "REPHOST2").items()
    domain.clear_fault("REPHOST2", Fault.DIVERGED)
    domain.advance(1000.0)
    assert domain.truth().hosts["REPHOST2"].oldest_missing < 1.0


def test_an_unlisted_replica_has_no_line() -> None:
    """The master neither lists nor feeds it, and it answers all the same."""
    domain = domain_of()
    domain.set_fault("REPHOST2", Fault.UNLISTED)
    assert "REPHOST2" not in listed(domain)
    assert domain.truth().hosts["REPHOST2"].link is None


@pytest.mark.parametrize(
    ("fault", "meets"),
    [
        (Fault.REFUSED, Connectivity.REFUSED),
        (Fault.UNREACHABLE, Connectivity.UNREACHABLE),
        (Fault.WRONG_HOST_KEY, Connectivity.WRONG_HOST_KEY),
        (Fault.WRONG_LOGIN, Connectivity.WRONG_LOGIN),
        (Fault.MASTER_DEAD, Connectivity.UNREACHABLE),
        (Fault.SLOW, Connectivity.OK),
    ],
)
def test_a_fault_of_the_way_shows_to_whoever_connects(fault: Fault, meets: Connectivity) -> None:
    """And only to them: the replica goes on to be fed, unless the machine is off."""
    domain = domain_of()
    domain.set_fault("REPHOST2", fault)
    assert domain.connectivity("REPHOST2") is meets
    assert domain.hosts["REPHOST2"].connectivity is meets
    assert domain.truth().hosts["REPHOST2"].is_fed is (fault is not Fault.MASTER_DEAD)
    domain.clear_fault("REPHOST2", fault)
    assert domain.connectivity("REPHOST2") is Connectivity.OK


def test_a_hanging_command_never_ends_and_rubbish_is_as_long_as_asked() -> None:
    """Both hold for every command of that host."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.HANGING)
    domain.set_fault("REPHOST2", Fault.GARBAGE, bytes=10_000)
    assert domain.run("REPHOST", ("boksdiag", "sequence")).delay_seconds == math.inf
    assert len(domain.run("REPHOST2", ("dumpbase", "-m")).stdout) == 10_000


def test_two_masters_write_both_and_the_false_one_is_a_replica_again_with_its_data() -> None:
    """While it lasts there is no single truth; afterwards what only the false master had is ahead."""
    domain = domain_of(rate=5.0)
    domain.set_fault("REPHOST2", Fault.TWO_MASTERS)
    domain.advance(660.0)
    assert domain.masters() == ("MASTER1", "REPHOST2")
    assert listed(domain)["REPHOST2"] == "DOWN"
    assert listed(domain)["REPHOST3"] == "OK"
    assert set(listed(domain, "REPHOST2").values()) <= {"OK", "DOWN"}
    domain.clear_fault("REPHOST2", Fault.TWO_MASTERS)
    domain.advance(1000.0)
    assert domain.masters() == ("MASTER1",)
    assert listed(domain)["REPHOST2"] == "OK"


def test_a_fault_set_twice_is_set_once_and_a_fault_not_set_is_not_cleared() -> None:
    """Setting again replaces the parameters; clearing what is not there changes nothing."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.AHEAD, by=5, tables=(1,))
    domain.set_fault("REPHOST", Fault.AHEAD, by=9, tables=(1,))
    domain.clear_fault("REPHOST", Fault.SLOW)
    assert domain.truth().hosts["REPHOST"].ahead == {1: 9}


def test_two_faults_that_stop_the_daemons_are_cleared_one_by_one() -> None:
    """The daemons start when the last of them is cleared."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.DOWN)
    domain.set_fault("REPHOST", Fault.MASTER_DEAD)
    domain.clear_fault("REPHOST", Fault.MASTER_DEAD)
    assert not domain.hosts["REPHOST"].daemons_running
    domain.clear_fault("REPHOST", Fault.DOWN)
    assert domain.hosts["REPHOST"].daemons_running


def test_everything_tells_what_it_is() -> None:
    """The objects that one meets in a debugger show their state."""
    domain = domain_of()
    domain.set_fault("REPHOST", Fault.SLOW)
    host = domain.hosts["REPHOST"]
    assert (host.site, host.section, host.address) == ("rotterdam", "edge", "127.0.0.7")
    database = domain.hosts["MASTER1"].copy.database
    shown = (repr(domain), repr(domain.hosts["REPHOST"]), repr(database), repr(database.tables[0][-1])[:8])
    assert shown == (
        "<SimulatedDomain 6 hosts at 600 s>",
        "<SimulatedHost REPHOST server slow>",
        "<Database 30 tables>",
        "<Writes ",
    )
