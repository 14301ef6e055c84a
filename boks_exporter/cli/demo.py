"""`boks-exporter demo`: a simulated domain."""

from typing import Final

import click
from click.core import ParameterSource

from boks_exporter.cli.options import DURATION, LISTEN_ADDRESS
from boks_exporter.demo.options import DemoOptions
from boks_exporter.simulator.scenarios import SCENARIOS

_DEFAULTS: Final = DemoOptions()
_SCENARIOS: Final = "\n".join(f"  {name:<14}{scenario.summary}" for name, scenario in SCENARIOS.items())


@click.command(
    short_help="Start a simulated domain and an exporter that monitors it.",
    epilog=f"""\b
Scenarios:
{_SCENARIOS}

\b
Examples:
  boks-exporter demo
  boks-exporter demo --scenario split-brain --duration 5m
  boks-exporter demo --listen 127.0.0.1:0
  boks-exporter demo --failover

Exit codes: 0 ended by Ctrl-C or --duration, or with --failover: the domain is healthy at the end;
1 could not start, or the domain is not healthy at the end, with the reason; 2 wrong usage.""",
)
@click.option(
    "--listen",
    type=LISTEN_ADDRESS,
    default=_DEFAULTS.listen,
    show_default=True,
    metavar="HOST:PORT",
    help="Address to listen on; port 0 uses any free port.",
)
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default=_DEFAULTS.scenario,
    show_default=True,
    metavar="NAME",
    help="The scenario; see below.",
)
@click.option(
    "--seed",
    type=int,
    default=_DEFAULTS.seed,
    show_default=True,
    help="Seed of the simulation; the same seed gives the same history.",
)
@click.option("--duration", type=DURATION, help="Stop after this time. Default: run until Ctrl-C.")
@click.option(
    "--failover",
    is_flag=True,
    help="Run a complete failover instead, from the master's failure to a healthy domain; two minutes.",
)
def demo(*, listen: str, scenario: str, seed: int, duration: float | None, failover: bool) -> int:
    """Start a simulated BoKS domain on this machine and an exporter that monitors it.

    One master and five replicas at two sites answer over real SSH on loopback; the scenario sets the faults.
    It prints the URLs and commands to try. It leaves no files behind.
    """
    if failover:
        return _failover()
    from boks_exporter.demo.demo import demo as run

    return run(DemoOptions(listen=listen, scenario=scenario, seed=seed, duration_seconds=duration))


def _failover() -> int:
    """Run the failover tour, which has no other options."""
    context = click.get_current_context()
    given = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    others = [f"--{name}" for name in given if name != "failover"]
    if others:
        raise click.UsageError(f"--failover allows no other option, found {', '.join(others)}")
    from boks_exporter.demo.failover_tour import failover_tour

    return failover_tour()
