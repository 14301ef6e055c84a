"""Matching of names in the master's list to hosts."""

import re
import socket
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from boks_exporter.model import (
    Host,
    HostName,
    Listed,
    Listing,
    MasterReading,
    Observed,
    ReplicaLine,
    ReportedStatus,
    UnreadEntry,
    UnreadLine,
)

_SEARCHED: Final = 2000
_WORD: Final = re.compile(r"[^\s;|,=]+")
_MARKS: Final = "".join(set(string.punctuation) - set(":._-"))
_CAN_BE_HOST: Final = re.compile(
    r"(?=.{1,253}$)\w[\w-]{0,62}(?:\.\w[\w-]{0,62})*\.?|[\da-f]*:[\da-f:.]{1,43}", re.ASCII | re.IGNORECASE
)
_OWN_NAMES: Final = {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}
_IPV4_AT_THE_END: Final = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))
"""IPv4-compatible addresses, and those that a gateway translates."""
_THIS_NETWORK: Final = IPv4Network("0.0.0.0/8")
_MOST_WORDS: Final = 50
"""Characters and words of an unread line in which names of hosts are searched."""


class Names:
    """Match a listed name to a host: by its name, its address, or its first label if only one host has it.

    BoKS's own habit of naming hosts (short or qualified, upper or lower case) is not published; a name that matches
    two hosts matches none. A domain can have thousands of names, so each kind of match is a table.
    """

    def __init__(self, hosts: Iterable[Host]) -> None:
        """Know the hosts."""
        known = tuple(hosts)
        self._names = _by(known, lambda host: host.name)
        self._addresses = _by(known, lambda host: host.address)
        self._labels = _by(known, lambda host: _first_label(host.name))
        self._short = _by((host for host in known if "." not in host.name), lambda host: host.name)

    def __repr__(self) -> str:
        """Return how many there are."""
        return f"<Names of {len(self._names)} hosts>"

    def host(self, server: str) -> Host | None:
        """Return the one host that matches; first labels count only if one of the two names is short.

        a.example and a.example.net are two hosts. Marks around a name, as in `*R1`, are no part of it.
        """
        bare = server.strip(string.punctuation)
        return self._host(server.casefold()) or (self._host(bare.casefold()) if bare else None)

    def _host(self, wanted: str) -> Host | None:
        label = (self._short if "." in wanted else self._labels).get(_first_label(wanted), ())
        for found in (self._names.get(wanted, ()), self._addresses.get(wanted, ()), label):
            if len(found) == 1:
                return found[0]
        return None


def _by(hosts: Iterable[Host], key: Callable[[Host], str]) -> Mapping[str, list[Host]]:
    table: dict[str, list[Host]] = defaultdict(list)
    for host in hosts:
        table[key(host).casefold()].append(host)
    return table


def _first_label(name: str) -> str:
    return name.partition(".")[0]


def listing_of(master: Observed, hosts: Iterable[Host]) -> Listing | None:
    """Resolve a master's list to hosts."""
    if master.replicas is None:
        return None
    names = Names(hosts)
    unread = [line for line in master.replicas.unread_lines if line.ignored is None]
    entries = [_listed(line, names) for line in master.replicas.lines]
    down = {entry.host for entry in entries if entry.line.status is ReportedStatus.DOWN}
    entries += [part for line in unread if (part := _in_part(line, names)) and part.host not in down]
    return Listing(
        master.host,
        master.finished_at,
        entries=tuple(entries),
        unread=tuple(UnreadEntry(line, _named(line, names)) for line in unread),
    )


def _named(line: UnreadLine, names: Names) -> tuple[HostName, ...]:
    """Find the known hosts that a line names, with any punctuation around their names."""
    text = line.text[:_SEARCHED]
    found = map(names.host, [*text.split()[:_MOST_WORDS], *_WORD.findall(text)[:_MOST_WORDS]])
    return tuple(dict.fromkeys(host.name for host in found if host))


def _in_part(line: UnreadLine, names: Names) -> Listed | None:
    """Return the row of an unread line that has a known host's name, figures and nothing else but DOWN at its end."""
    words = _WORD.findall(line.text[:_SEARCHED])
    host = names.host(words[0]) if words else None
    if host is None or words[-1].upper() != "DOWN" or any(word.isalpha() for word in words[1:-1]):
        return None
    return Listed(ReplicaLine(words[0], None, None, None, None, ReportedStatus.DOWN, words[-1]), host.name)


def _listed(line: ReplicaLine, names: Names) -> Listed:
    host = names.host(line.server)
    return Listed(line, host.name if host else None)


def discovered(master: Observed, configured: tuple[Host, ...], address_template: str) -> tuple[Host, ...]:
    """Return a host for each listed name that matches no known host, and that can be the name or address of one.

    Nothing else is connected to: an openssh_config may put the name into a command, and a master that lies may name the
    exporter's own machine or what answers there for its network.
    """
    lines, names = master.replicas.lines if master.replicas else (), Names(configured)
    servers = (line.server.strip(_MARKS) or line.server for line in lines if names.host(line.server) is None)
    named = {server.casefold(): server for server in servers if _CAN_BE_HOST.fullmatch(server)}
    new = _without_full_names(named)
    hosts = (
        Host(name=server, address=address_template.replace("{name}", server), discovered=True)
        for server in new.values()
    )
    return tuple(host for host in hosts if _is_elsewhere(host.address))


def _is_elsewhere(address: str) -> bool:
    """Return whether this can be another machine: no address of this one, of its link or of a group.

    A name is left to the resolver, which the exporter's own machine trusts; `127.1` and `0x7f000001` are addresses.
    """
    try:
        found = ip_address(address)
    except ValueError:
        try:
            found = ip_address(socket.inet_aton(address))
        except OSError:
            name = address.rstrip(".").casefold()
            return name not in _OWN_NAMES and not name.endswith(".localhost")
    if isinstance(found, IPv6Address):
        is_last = any(found in network for network in _IPV4_AT_THE_END)
        found = IPv4Address(int(found) & 0xFFFFFFFF) if is_last else found.ipv4_mapped or found.sixtofour or found
    is_special = found.is_loopback or found.is_link_local or found.is_multicast
    return not (is_special or (isinstance(found, IPv4Address) and (found in _THIS_NETWORK or found.is_reserved)))


def _without_full_names(servers: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out the full name of a server that is listed by its short name, too, unless two have that first label."""
    full = Counter(_first_label(name) for name in servers if "." in name)
    return {
        name: server
        for name, server in servers.items()
        if "." not in name or _first_label(name) not in servers or full[_first_label(name)] > 1
    }


def configured_names(
    known: Iterable[HostName], configured: Iterable[Host], addresses: Mapping[HostName, str]
) -> dict[HostName, HostName]:
    """Return the known hosts for which the configuration has other names, with these.

    A host that has none, not even in another form, is the one at the same address that has not been known so far.
    """
    hosts = tuple(configured)
    names, at = Names(hosts), _by(hosts, lambda host: host.address_and_port)
    found = {name: names.host(name) for name in known}
    for name in found.keys() & addresses.keys():
        same = at.get(addresses[name].casefold(), ())
        if found[name] is None and len(same) == 1 and same[0].name not in found:
            found[name] = same[0]
    return {name: host.name for name, host in found.items() if host and host.name != name}


def reading_of(seen: Observed) -> MasterReading | None:
    """Return a master's sequences as one end of a bracket."""
    if seen.sequences is None:
        return None
    return MasterReading(seen.host, seen.started_at, seen.finished_at, seen.sequences)
