"""What each row of a procedure's table proves, how it is undone, and what a stop does after it."""

from dataclasses import replace

import pytest

from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import HostRole, ProcedureStep, StepKind, Stretch, When, Words, claim_after
from boks_exporter.failover.procedures.tables import RETIRE_AT_CONSOLE, TABLES
from boks_exporter.model import Role
from scripts.role_transitions import TRANSITIONS
from tests.nonempty import nonempty

HOSTS: dict[str, str] = {HostRole.TARGET: "T", HostRole.MASTER: "M"}


def claims(several: tuple[Claim, ...]) -> str:
    return " ".join(f"{each.kind}({each.host}{f',{each.other}' if each.other else ''})" for each in several)


def written(template: ProcedureStep) -> str:
    row = template.with_hosts(HOSTS)
    usual = StepKind.CHANGE if row.words else StepKind.WAIT
    flags = [f"kind={row.kind}"] if row.kind is not usual else []
    flags += [f"undo={' '.join(row.undo)}"] if row.undo else []
    flags += [f"moment={claims(row.moment)}"] if row.moment else []
    flags += [f"if={row.when}"] if row.when is not When.ALWAYS else []
    flags += [f"stretch={row.stretch}"] if row.stretch is not Stretch.NONE else []
    flags += [name for name in ("point_of_no_return", "trusts_exit") if getattr(row, name)]
    flags += [f"{row.deadline_seconds:g} s"] if row.deadline_seconds != 180.0 else []
    does = " ".join(row.words) or "observe"
    return "; ".join((f"{row.key} on {row.host}: {does}", claims(row.proves), *flags))


REPLICA = (
    "set-shm-size on T: set-shm-size {shm_size}; has_shm_size(T); undo=set-shm-size {shm_size}; if=shm_size_differs",
    "convert-server on T: convert server; is_replica(T); undo=convert client",
    "stop-replica on T: boot-stop; is_stopped(T); undo=boot-start; stretch=finish; trusts_exit",
    "start-replica on T: boot-start; is_started(T); trusts_exit",
    "stop-master on M: boot-stop; is_stopped(M); undo=boot-start; stretch=finish; trusts_exit",
    "start-master on M: boot-start; is_started(M) is_master_alone(M); trusts_exit",
    "wait-listed on T: observe; is_listed_ok(T,M); 3600 s",
    "wait-equal on T: observe; is_equal(T,M); 1800 s",
    "wait-others on M: observe; others_are_back(M); 1800 s",
)
"""How a client becomes a replica, and the master gets to know it."""
PROMOTED = (
    "convert-master on T: convert master; is_only_master(T); stretch=finish; point_of_no_return",
    "start-new-master on T: boot-start; is_master_alone(T); if=is_stopped",
)
QUIESCED = (
    "quiesce on M: boot-stop; is_stopped(M) is_as_advanced(T,M); kind=quiesce; undo=boot-start; "
    "moment=is_quiet(T,M); stretch=undo"
)
EXCHANGED = tuple(row.translate(str.maketrans("TM", "MT")) for row in REPLICA)
ROWS: dict[str, tuple[str, ...]] = {
    "add-replica": (
        "wait-registered on T: observe; is_registered(T,M); 1800 s",
        "remove-database on T: remove-database; has_no_database(T); undo=restore-database {id}; if=database_is_there",
        *REPLICA,
    ),
    "rebuild": (
        "convert-client on T: convert client; is_client(T); undo=convert server",
        "remove-database on T: remove-database; has_no_database(T); undo=restore-database {id}",
        "wait-registered on T: observe; is_registered(T,M); 1800 s",
        *REPLICA,
    ),
    "switchover": (
        "wait-equal-before on T: observe; is_equal(T,M); 600 s",
        QUIESCED,
        "convert-client on M: convert client; is_client(M); undo=convert master; stretch=undo",
        "stop-old-master on M: boot-stop; is_out(M); undo=boot-start; stretch=undo",
        *PROMOTED,
        "compare on T: observe; none_is_ahead(T); 600 s",
        "verify on T: observe; domain_is_sound(T); 1800 s",
        "remove-database on M: remove-database; has_no_database(M); undo=restore-database {id}",
        "wait-registered on M: observe; is_registered(M,T); 1800 s",
        *EXCHANGED,
    ),
    "promote": (
        "check-no-master on T: observe; no_master_but_fenced(T); 30 s",
        "check-error-log on T: observe; error_log_is_clean(T); 30 s",
        "fence on M: observe; nobody_is_master(T); kind=fence; if=is_fenced",
        *PROMOTED,
        "compare on T: observe; none_is_ahead(T); 600 s",
        "verify on T: observe; domain_is_sound(T); 1800 s",
    ),
    "retire": (
        "convert-client on T: convert client; is_client(T); point_of_no_return",
        "stop-old-master on T: boot-stop; is_out(T); undo=boot-start",
        "remove-database on T: remove-database; has_no_database(T); undo=restore-database {id}",
        "start-client on T: boot-start; is_client(T)",
    ),
    "console": ("console on T: observe; is_client(T) has_no_database(T); kind=console; point_of_no_return; 3600 s",),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_row_proves_and_undoes_exactly_this(name: str) -> None:
    """What must hold before each row is in test_failover_row_conditions.py."""
    table = RETIRE_AT_CONSOLE if name == "console" else TABLES[Procedure(name)]
    assert tuple(written(row) for row in table) == ROWS[name]


def test_every_table_is_above() -> None:
    """A failback is a switchover."""
    assert TABLES[Procedure.FAILBACK] == TABLES[Procedure.SWITCHOVER]
    assert {*ROWS, "failback"} == {*TABLES, "console"}


CONVERTED = {
    ClaimKind.IS_ONLY_MASTER: Role.MASTER,
    ClaimKind.IS_REPLICA: Role.REPLICA,
    ClaimKind.IS_CLIENT: Role.CLIENT,
}


def test_the_legal_changes_of_a_role_are_those_that_the_tables_make_and_undo() -> None:
    """None is missing, and none is allowed that no procedure needs."""
    made: set[tuple[Role, Role]] = set()
    for procedure, table in TABLES.items():
        begins = {Procedure.ADD_REPLICA: Role.CLIENT, Procedure.RETIRE: Role.MASTER}.get(procedure, Role.REPLICA)
        roles = {"T": begins, "M": Role.MASTER}
        for row in (each.with_hosts(HOSTS) for each in table):
            after = CONVERTED.get(claim_after(row.words, row.host).kind) if row.words else None
            if after is not None:
                made.add((roles[row.host], after))
                made |= {(after, roles[row.host])} if row.undo else set()
                roles[row.host] = after
    assert {(each.before, each.after) for each in TRANSITIONS} == made


@pytest.mark.parametrize(
    ("words", "kind", "number"),
    [
        (Words.CONVERT_MASTER, ClaimKind.IS_ONLY_MASTER, None),
        (Words.CONVERT_SERVER, ClaimKind.IS_REPLICA, None),
        (Words.CONVERT_CLIENT, ClaimKind.IS_CLIENT, None),
        (Words.BOOT_STOP, ClaimKind.IS_STOPPED, None),
        (Words.BOOT_START, ClaimKind.IS_STARTED, None),
        (Words.REMOVE_DATABASE, ClaimKind.HAS_NO_DATABASE, None),
        (("restore-database", "run.3"), ClaimKind.HAS_DATABASE, None),
        (Words.SET_SHM_SIZE, ClaimKind.HAS_SHM_SIZE, None),
        (("set-shm-size", "8000"), ClaimKind.HAS_SHM_SIZE, 8000),
    ],
)
def test_what_is_true_after_words_is_derived_from_them(
    words: tuple[str, ...], kind: ClaimKind, number: int | None
) -> None:
    assert claim_after(words, "T") == Claim(kind, "T", number=number)


def test_a_step_fills_in_what_only_its_run_knows() -> None:
    """The master's SHM_SIZE and the former one in the undo; the id under which a database was moved aside."""
    by_key = {row.key: row for row in TABLES[Procedure.REBUILD]}
    given = by_key["set-shm-size"].with_shm_size(16000, 8000)
    assert (given.words, given.undo, given.proves[0].number) == (
        ("set-shm-size", "16000"),
        ("set-shm-size", "8000"),
        16000,
    )
    lasting = by_key["set-shm-size"].with_shm_size(16000, None)
    assert (lasting.undo, bool(lasting.no_undo), bool(given.no_undo)) == (None, True, False)
    other = by_key["convert-server"].with_shm_size(16000, 8000)
    assert other == by_key["convert-server"]
    assert by_key["remove-database"].undo_words("run.3") == ("restore-database", "run.3")
    assert by_key["wait-equal"].undo_words("run.3") == ()
    assert {key for key, row in by_key.items() if row.no_undo and row.changes} == {"start-replica", "start-master"}
    assert all(row.no_undo for row in nonempty(row for row in by_key.values() if not row.changes))


def test_what_a_step_may_change_and_whether_it_sends_its_words_follow_from_its_kind() -> None:
    """A host that runs is not started, and a step without words sends nothing."""
    step = TABLES[Procedure.PROMOTE][0]
    assert {kind for kind in StepKind if replace(step, kind=kind).changes} == {
        StepKind.CHANGE,
        StepKind.QUIESCE,
        StepKind.CONSOLE,
    }
    sent = {row.key for table in TABLES.values() for row in table if row.is_sent}
    words = {row.key for table in TABLES.values() for row in table if row.words}
    assert (words - sent, sent - words) == ({"start-new-master"}, set())
