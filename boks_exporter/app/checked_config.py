"""The configuration with every file that it names opened and parsed by the code that uses it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

from boks_exporter.config import CheckedConfig, ContentChecks, Settings, examine
from boks_exporter.remote.settings import SshSettings

_Fault: TypeAlias = tuple[tuple[str | int, ...], str]


def examine_all(file: Path, *, check_files: bool = True, resolve_names: bool = False) -> CheckedConfig:
    """Load a configuration and check the content of its keys, known hosts and OpenSSH configuration.

    With `resolve_names`, hosts that lead to one address are found too: an exporter must start without name servers.
    """
    alike: list[_Fault] = []
    faults = partial(_faults, resolve_names=resolve_names, less_certain=alike)
    return examine(file, check_files=check_files, content=ContentChecks(faults, partial(_warnings, alike=alike)))


def _faults(settings: Settings, *, resolve_names: bool, less_certain: list[_Fault]) -> Iterator[_Fault]:
    for index, domain in enumerate(settings.domains):
        if not isinstance(domain.transport, SshSettings):
            continue
        from boks_exporter.transport.ssh.file_checks import ssh_faults
        from boks_exporter.transport.ssh.same_target import resolved_alike, same_targets

        at = ("domains", index)
        for place, text in ssh_faults(domain.transport, domain.hosts):
            yield (*at, "transport", *place), text
        same = [*same_targets(domain.transport, domain.hosts)]
        if resolve_names and not same:
            same, possible = resolved_alike(domain.transport, domain.hosts)
            less_certain += [((*at, "hosts", number), text) for number, text in possible]
        yield from (((*at, "hosts", number), text) for number, text in same)


def _warnings(settings: Settings, *, alike: list[_Fault]) -> Iterator[_Fault]:
    """Find lines that are skipped, and operators' keys that cannot be used: the exporter runs without them."""
    yield from alike
    for index, domain in enumerate(settings.domains):
        if not isinstance(domain.transport, SshSettings):
            continue
        from boks_exporter.transport.ssh.file_checks import login_faults, ssh_warnings

        for place, text in ssh_warnings(domain.transport, domain.hosts):
            yield ("domains", index, "transport", *place), text
        if domain.failover:
            operator = domain.failover.operator
            login = SshSettings(
                user=operator.user,
                identity_files=operator.identity_files,
                certificate_files=operator.certificate_files,
                passphrase_file=operator.passphrase_file,
            )
            for place, text in login_faults(login):
                yield ("domains", index, "failover", "operator", *place), text
