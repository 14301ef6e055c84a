"""The configuration with every file that it names opened and parsed by the code that uses it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from boks_exporter.config import CheckedConfig, ContentChecks, Settings, examine
from boks_exporter.remote.settings import SshSettings

_Fault: TypeAlias = tuple[tuple[str | int, ...], str]


def examine_all(file: Path, *, check_files: bool = True) -> CheckedConfig:
    """Load a configuration and check the content of its keys, known hosts and OpenSSH configuration."""
    return examine(file, check_files=check_files, content=ContentChecks(_faults, _warnings))


def _faults(settings: Settings) -> Iterator[_Fault]:
    for index, domain in enumerate(settings.domains):
        if isinstance(domain.transport, SshSettings):
            from boks_exporter.transport.ssh.file_checks import ssh_faults

            for place, text in ssh_faults(domain.transport, domain.hosts):
                yield ("domains", index, "transport", *place), text


def _warnings(settings: Settings) -> Iterator[_Fault]:
    """Find lines that are skipped, and operators' keys that cannot be used: the exporter runs without them."""
    for index, domain in enumerate(settings.domains):
        if not isinstance(domain.transport, SshSettings):
            continue
        from boks_exporter.transport.ssh.file_checks import login_faults, ssh_warnings

        for place, text in ssh_warnings(domain.transport):
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
