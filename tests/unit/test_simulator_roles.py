"""Roles and databases of the simulated domain change by the documented commands."""

from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain, Stopped
from tests.unit.simulated_domains import REPLICAS, domain_of, listed, sequences, text


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
    assert max(domain.truth().hosts[name].oldest_missing for name in {*REPLICAS} - {"REPHOST5"}) < 1.0


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
    """What K1262 found: an old master that is made a replica with its data keeps updates that no other server has."""
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
    """Since it is not published, a domain can print the numbers or an error."""
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


def test_an_edited_role_is_taken_up_with_the_next_start() -> None:
    """Until then what runs goes on: a master's port stays open, whatever its ENV says."""
    domain = domain_of()
    for role, after in ((Boksinit.SERVER, ()), (Boksinit.MASTER, ("MASTER1",))):
        before = domain.masters()
        domain.edit_role("MASTER1", role)
        assert b"BOKSINIT=%s\n" % role.encode() in domain.files("MASTER1")["etc/ENV"]
        assert domain.masters() == before
        domain.run("MASTER1", ("Boot", "-k"))
        domain.run("MASTER1", ("Boot",))
        assert domain.masters() == after
        assert domain.hosts["MASTER1"].env_role is role


def test_an_edit_that_is_undone_changes_nothing() -> None:
    domain = domain_of()
    before = sequences(domain, "MASTER1")
    domain.edit_role("MASTER1", Boksinit.CLIENT)
    domain.edit_role("MASTER1", Boksinit.MASTER)
    domain.run("MASTER1", ("Boot", "-k"))
    domain.run("MASTER1", ("Boot",))
    assert (domain.masters(), sequences(domain, "MASTER1")) == (("MASTER1",), before)
