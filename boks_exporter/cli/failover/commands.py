"""The failover commands themselves: they parse, ask, print and exit."""

from collections.abc import Callable
from typing import Any, Final

import click

from boks_exporter.cli.failover import options
from boks_exporter.cli.failover.asides import asides
from boks_exporter.cli.failover.check import check
from boks_exporter.cli.failover.freeze import freeze
from boks_exporter.cli.failover.host_commands import break_lock, declare_lost, locks
from boks_exporter.cli.failover.options import RUN, AcceptArguments, Common, acceptances, example
from boks_exporter.cli.options import UTF8, WORDS, Command
from boks_exporter.failover.failover_exits import EXITS
from boks_exporter.failover.procedure import Procedure

_EXITS: Final = "\n".join(f"  {int(code):>2}  {meaning}" for code, meaning in EXITS.items())

_SUMMARIES: Final = {
    Procedure.ADD_REPLICA: "Make a client a replica of the master.",
    Procedure.PROMOTE: "Make a replica the master, when the old one is lost.",
    Procedure.RETIRE: "Make an old master a client, before it boots fully.",
    Procedure.FAILBACK: "Make the original master, now a healthy replica, the master again.",
    Procedure.SWITCHOVER: "Make a replica the master in place of the running one.",
    Procedure.REBUILD: "Load the master's data into a diverged replica.",
}

_HELP: Final = {
    Procedure.ADD_REPLICA: "HOST must be a client that is registered as BOKSREPLICA in the database.",
    Procedure.PROMOTE: "HOST must be a replica, and there must be no master. `failover candidates` ranks them.",
    Procedure.RETIRE: "Where SSH reaches HOST and BoKS is stopped on it, it is done from here; else a script for its "
    "console is printed.",
    Procedure.FAILBACK: "The temporary master steps down first, and becomes a replica of HOST. No update is lost.",
    Procedure.SWITCHOVER: "The master steps down first, and becomes a replica of HOST. No update is lost.",
    Procedure.REBUILD: "Its database is moved aside, and it loads the master's.",
}


@click.group(
    epilog=f"""\b
Every day:
  boks-exporter failover check                    what a promotion tonight would need, for cron and Nagios

\b
At night:
  boks-exporter failover candidates               the replicas that can become master, with findings
  boks-exporter failover promote HOST             the plan; nothing is changed
  boks-exporter failover rehearse promote HOST    the same on a simulated twin, to its end
  boks-exporter failover promote HOST --apply F   the plan that was shown, by its fingerprint
  boks-exporter failover history                  the runs, and which are open

\b
Exit codes:
{_EXITS}"""
)
def failover() -> None:
    """Change a domain, guarded: promote, retire, switch over, rebuild.

    Without --apply a command only shows: the domain, findings, every step with its request, and a
    fingerprint. There is no --force.
    """


_CHANGE_MASTER: Final = {Procedure.PROMOTE, Procedure.SWITCHOVER}


def _target(procedure: Procedure) -> Callable[[Command], Command]:
    """Add HOST, and for a change of masters --best in its place."""
    has_best = procedure in _CHANGE_MASTER

    def added(command: Command) -> Command:
        if has_best:
            command = click.option("--best", is_flag=True, help="Use the first host of `failover candidates`.")(command)
        return click.argument("host", type=UTF8, required=not has_best)(command)

    return added


def _procedure(procedure: Procedure) -> click.Command:
    @failover.command(
        name=procedure.value,
        short_help=_SUMMARIES[procedure],
        epilog=example(
            f"boks-exporter failover {procedure} replica1",
            f"boks-exporter failover {procedure} replica1 --apply 4603bcae21e352f1",
            f'boks-exporter failover {procedure} replica1 --accept shm_size --reason "fixed tomorrow"',
        ),
    )
    @_target(procedure)
    @options.applying
    @options.common
    def command(
        *,
        host: str | None,
        fingerprint: str | None,
        accept: AcceptArguments,
        reason: str,
        best: bool = False,
        **given: Any,
    ) -> int:
        if bool(host) is best:
            raise click.UsageError("expected HOST or --best")
        from boks_exporter.cli.failover.apply import show_or_apply

        return show_or_apply(Common(**given), procedure, host, fingerprint=fingerprint, accept=accept, reason=reason)

    command.help = (
        f"{_SUMMARIES[procedure]}\n\n{_HELP[procedure]}\n\nWithout --apply it shows the plan and its fingerprint, "
        "and changes nothing; on a terminal it then asks whether to go on."
    )
    return command


for _each in _SUMMARIES:
    _procedure(_each)


@failover.command(epilog=example("boks-exporter failover plan promote replica1 --output json | jq .fingerprint"))
@click.argument("procedure", type=click.Choice([each.value for each in _SUMMARIES]))
@click.argument("host", type=UTF8)
@options.common
def plan(*, procedure: str, host: str, **given: Any) -> int:
    """Show the plan of a procedure for a host, without asking for confirmation."""
    from boks_exporter.cli.failover.apply import show
    from boks_exporter.failover.runner import Order

    common = Common(**given)
    return int(show(common, common.domain(host), Order(procedure=Procedure(procedure), target=host))[1])


@failover.command(
    epilog=example(
        "boks-exporter failover rehearse promote replica1 --dead master1",
        "boks-exporter failover rehearse failback master1 --inject reboots@4",
        "boks-exporter failover rehearse switchover replica1 --inject cut-during@convert-master --then abort"
        " --output json",
    )
)
@click.argument("procedure", type=click.Choice([each.value for each in _SUMMARIES]), metavar="PROCEDURE")
@click.argument("host", type=UTF8)
@options.accepting
@click.option(
    "--inject",
    metavar="FAULT@STEP",
    help="Inject a fault at a step, by its number or key; an unknown one lists all faults.",
)
@click.option(
    "--then",
    type=click.Choice(["resume", "abort"]),
    default="resume",
    show_default=True,
    help="The first command where the run stays open.",
)
@click.option("--dead", metavar="HOST", multiple=True, help="Assume that this host is off. May be repeated.")
@options.common
def rehearse(  # noqa: PLR0913 - one for each option
    *,
    procedure: str,
    host: str,
    accept: AcceptArguments,
    reason: str,
    inject: str | None,
    then: str,
    dead: tuple[str, ...],
    **given: Any,
) -> int:
    """Carry out a procedure on a simulated twin of the domain, and show how it ends; no host is changed.

    PROCEDURE is add-replica, promote, retire, failback, switchover or rebuild. The hosts are only polled. The twin's
    are SSH servers on this machine; the plan, the guards and the runner are the real ones. It ends with the exit code
    with which the real run would.
    """
    from boks_exporter.cli.failover.rehearse_command import order_of, show_rehearsal

    order = order_of(Procedure(procedure), host, accept, reason)
    return show_rehearsal(Common(**given), order, inject=inject, then=then, dead=dead)


@failover.command(epilog=example("boks-exporter failover candidates --domain prod"))
@options.common
def candidates(**given: Any) -> int:
    """Rank the replicas as the next master, with findings. Read-only."""
    from boks_exporter.cli.failover.inspect import show_candidates

    return show_candidates(Common(**given))


@failover.command(epilog=example("boks-exporter failover topology --output json"))
@options.common
def topology(**given: Any) -> int:
    """Show the domain as a tree: master, sites, and each host with role, state and lag. Read-only."""
    from boks_exporter.cli.failover.topology import show_topology

    return show_topology(Common(**given))


@failover.command(epilog=example('boks-exporter failover verify || echo "exit code $?"'))
@options.common
def verify(**given: Any) -> int:
    """Check the domain as after a promotion: one master, no replica ahead, all replicas healthy. Read-only."""
    from boks_exporter.cli.failover.inspect import show_verification

    return show_verification(Common(**given))


@failover.command(epilog=example('boks-exporter failover conflict || echo "exit code $?"'))
@options.common
def conflict(**given: Any) -> int:
    """Show several masters: what each has alone by table, which replicas it lists, and the ways out. Read-only."""
    from boks_exporter.cli.failover.inspect import show_conflict

    return show_conflict(Common(**given))


@failover.command(
    epilog=example(
        "boks-exporter failover show 20261124-201512-promote-3f9a01c7",
        "boks-exporter failover show 20261124-201512-promote-3f9a01c7 --follow",
    )
)
@click.argument("run", type=RUN)
@click.option("--follow", is_flag=True, help="Show each step as it begins and ends, and end with the run's exit code.")
@options.common
def show(*, run: str, follow: bool, **given: Any) -> int:
    """Show the journal of a run."""
    from boks_exporter.cli.failover.inspect import show_run

    return show_run(Common(**given), run, follow=follow)


@failover.command(epilog=example("boks-exporter failover history --limit 5"))
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first.")
@options.common
def history(*, limit: int, **given: Any) -> int:
    """List the runs of a domain, and which of them are open."""
    from boks_exporter.cli.failover.inspect import show_history

    return show_history(Common(**given), limit)


@failover.command(epilog=example("boks-exporter failover resume 20261124-201512-promote-3f9a01c7"))
@click.argument("run", type=RUN)
@options.accepting
@options.detach
@options.common
def resume(*, run: str, accept: AcceptArguments, reason: str, **given: Any) -> int:
    """Continue an open run, after checking the result of its last step."""
    from boks_exporter.cli.failover.apply import resume_or_abort

    return resume_or_abort(Common(**given), run, accepted=acceptances(accept, reason))


@failover.command(epilog=example("boks-exporter failover abort 20261124-201512-promote-3f9a01c7"))
@click.argument("run", type=RUN)
@options.accepting
@options.detach
@options.common
def abort(*, run: str, accept: AcceptArguments, reason: str, **given: Any) -> int:
    """Roll back an open run as far as possible, report what cannot be undone, and close it."""
    from boks_exporter.cli.failover.apply import resume_or_abort

    return resume_or_abort(Common(**given), run, accepted=acceptances(accept, reason), abort=True)


@failover.command(
    epilog=example('boks-exporter failover forget 20261124-201512-promote-3f9a01c7 --reason "its machine burnt down"')
)
@click.argument("run", type=RUN)
@click.option("--reason", type=WORDS, required=True, metavar="TEXT", help="Why its result will never be known.")
@options.common
def forget(*, run: str, reason: str, **given: Any) -> int:
    """Close an open run that can be neither resumed nor aborted, because its hosts are permanently lost.

    To declare a host lost, use `failover declare-lost`. This only releases locks. The guards of the next run judge the
    result of the last change: a host that cannot be polled may be master.
    """
    from boks_exporter.cli.failover.apply import forget as close

    return close(Common(**given), run, reason)


for _command in (check, declare_lost, asides, freeze, locks, break_lock):
    failover.add_command(_command)
