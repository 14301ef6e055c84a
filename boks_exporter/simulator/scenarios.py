"""The named scenarios of the demo."""

from random import Random
from typing import Final

from boks_exporter.model import Seconds
from boks_exporter.simulator import tour_scenario
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.fault_episodes import incident, master_dead, site_dark, two_masters
from boks_exporter.simulator.timeline import Episode, HostFault, Scenario, ScenarioHosts

_SOON: Final[Seconds] = 10.0
"""When the one fault of a scenario begins, after two rounds of a healthy domain."""


def _calm(_cast: ScenarioHosts, _random: Random) -> tuple[Episode, ...]:
    return ()


def _published(cast: ScenarioHosts, _random: Random) -> tuple[Episode, ...]:
    host = cast.replicas[-1]
    down = Episode(
        starts=_SOON,
        lasts=None,
        host_faults=(HostFault(host, Fault.DOWN),),
        happens=f"{host}'s daemons stop and are not restarted; the machine answers.",
        look_for=f"{host} is down, check exits 2. boksdiag list shows it as in the published listing.",
    )
    return (down,)


def _incident(cast: ScenarioHosts, random: Random) -> tuple[Episode, ...]:
    return (incident(random.choice(cast.replicas), _SOON),)


def _split_brain(cast: ScenarioHosts, random: Random) -> tuple[Episode, ...]:
    return two_masters(cast, random.choice(cast.replicas), _SOON, lasts=60.0)


def _master_dead(cast: ScenarioHosts, _random: Random) -> tuple[Episode, ...]:
    return (master_dead(cast, _SOON, lasts=90.0),)


def _site_dark(cast: ScenarioHosts, random: Random) -> tuple[Episode, ...]:
    sites = [site for site, hosts in cast.sites.items() if cast.master not in hosts]
    site = random.choice(sites)
    return (site_dark(site, cast.sites[site], _SOON, lasts=90.0),)


_ALL: Final = (
    Scenario(
        name="tour",
        summary="every kind of fault in turn, one every 45 seconds, each repaired before the next",
        plot=tour_scenario.plot,
        repeats_after=tour_scenario.LENGTH,
    ),
    Scenario(name="calm", summary="a healthy domain with steady writes and no fault", plot=_calm),
    Scenario(
        name="published", summary="one replica is DOWN, as in the published listing, and stays so", plot=_published
    ),
    Scenario(name="incident", summary="three tables of a replica are ahead while the list says OK", plot=_incident),
    Scenario(
        name="split-brain",
        summary="a replica becomes a second master, and is rebuilt",
        plot=_split_brain,
        repeats_after=180.0,
    ),
    Scenario(
        name="master-dead",
        summary="the master's machine is off for a minute and a half",
        plot=_master_dead,
        repeats_after=180.0,
    ),
    Scenario(
        name="site-dark",
        summary="a whole site cannot be reached for a minute and a half",
        plot=_site_dark,
        repeats_after=180.0,
    ),
)

SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
