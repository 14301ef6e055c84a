"""`boks-exporter demo`: a simulated domain to look at."""

from typing import Final

import click
from click.core import ParameterSource

from boks_exporter.app.options import DemoOptions
from boks_exporter.cli.param_types import DURATION, LISTEN_ADDRESS
from boks_exporter.simulator.scenarios import SCENARIOS

_DEFAULTS: Final = DemoOptions()
_SCENARIOS: Final = "\n".join(f"  {name:<14}{scenario.summary}" for name, scenario in SCENARIOS.items())


@click.command(
    short_help="Start a simulated domain and the exporter on it.",
    epilog=f"""\b
Scenarios:
{_SCENARIOS}

\b
Examples:
  boks-exporter demo
  boks-exporter demo --scenario split-brain --duration 5m
  boks-exporter demo --listen 127.0.0.1:0
  boks-exporter demo --failover

Exit codes: 0 ended by Ctrl-C or --duration, or with --failover: the domain is sound at the end;
1 could not start, or did not come to a sound end, with the reason; 2 wrong usage.""",
)
@click.option(
    "--listen",
    type=LISTEN_ADDRESS,
    default=_DEFAULTS.listen,
    show_default=True,
    metavar="HOST:PORT",
    help="Where the exporter listens; port 0: any.",
)
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default=_DEFAULTS.scenario,
    show_default=True,
    metavar="NAME",
    help="What happens; see below.",
)
@click.option("--seed", type=int, default=_DEFAULTS.seed, show_default=True, help="The same seed, the same history.")
@click.option("--duration", type=DURATION, help="End by itself after this time. Without it: until Ctrl-C.")
@click.option(
    "--failover",
    is_flag=True,
    help="Play a whole failover by itself instead, from the death of the master to all green; two minutes.",
)
def demo(*, listen: str, scenario: str, seed: int, duration: float | None, failover: bool) -> int:
    """Start a simulated BoKS domain on this machine and the exporter on it.

    One master and five replicas at two sites answer over real SSH on loopback; faults come and go by the
    scenario. It prints what to open and what to type. Nothing of it stays behind.
    """
    if failover:
        return _failover()
    from boks_exporter.demo.demo import demo as run

    return run(DemoOptions(listen=listen, scenario=scenario, seed=seed, duration_seconds=duration))


def _failover() -> int:
    """Play the tour, which takes no other option."""
    context = click.get_current_context()
    given = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    others = [f"--{name}" for name in given if name != "failover"]
    if others:
        message = f"--failover takes no other option, found {', '.join(others)}"
        raise click.UsageError(message)
    from boks_exporter.demo.failover_tour import failover_tour

    return failover_tour()
