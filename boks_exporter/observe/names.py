"""Which host a name in the master's list means."""

from collections.abc import Iterable

from boks_exporter.model import Host, Listed, Listing, MasterReading, Observed, ReplicaLine


def host_named(server: str, hosts: Iterable[Host]) -> Host | None:
    """Find the host that a listed name means: by its name, its address, or its first label if only one host has it.

    BoKS's own habit of naming hosts (short or qualified, upper or lower case) is not published; a name that fits
    two hosts fits none.
    """
    known = tuple(hosts)
    wanted = server.casefold()
    for fits in (_has_name, _has_address, _has_short_name):
        found = [host for host in known if fits(host, wanted)]
        if len(found) == 1:
            return found[0]
    return None


def _has_name(host: Host, wanted: str) -> bool:
    return host.name.casefold() == wanted


def _has_address(host: Host, wanted: str) -> bool:
    return host.address.casefold() == wanted


def _has_short_name(host: Host, wanted: str) -> bool:
    """Compare first labels, but only if one of the two is short: a.example and a.example.net are two hosts."""
    name = host.name.casefold()
    return _first_label(name) == _first_label(wanted) and not ("." in name and "." in wanted)


def _first_label(name: str) -> str:
    return name.partition(".")[0]


def listing_of(master: Observed, hosts: Iterable[Host]) -> Listing | None:
    """Resolve a master's list to hosts."""
    if master.replicas is None:
        return None
    known = tuple(hosts)
    return Listing(master.host, master.finished_at, tuple(_listed(line, known) for line in master.replicas.lines))


def _listed(line: ReplicaLine, hosts: tuple[Host, ...]) -> Listed:
    host = host_named(line.server, hosts)
    return Listed(line, host.name if host else None)


def discovered(master: Observed, configured: tuple[Host, ...], address_template: str) -> tuple[Host, ...]:
    """Make hosts of the listed names that no configured host bears."""
    lines = master.replicas.lines if master.replicas else ()
    new = {line.server.casefold(): line.server for line in lines if host_named(line.server, configured) is None}
    return tuple(
        Host(name=server, address=address_template.replace("{name}", server), discovered=True)
        for server in new.values()
    )


def reading_of(seen: Observed) -> MasterReading | None:
    """Take a master's sequences as one end of a bracket."""
    if seen.sequences is None:
        return None
    return MasterReading(seen.host, seen.started_at, seen.finished_at, seen.sequences)
