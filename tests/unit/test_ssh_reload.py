"""A reload: hosts whose name leads to another address are connected there at once, all others keep their connection."""

import asyncio

from boks_exporter.model import Host
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, SshServer, ssh_server
from tests.unit.test_ssh_routes import Lookups, knows_name, lookups

__all__ = ["lookups"]


async def until_there(transport: SshTransport, host: Host, new: SshServer) -> None:
    """Poll as the rounds after a reload do; every poll is answered meanwhile."""
    async with asyncio.timeout(20):
        while not new.logins:
            assert (await transport.ask(host, ROLE)).stdout == ANSWER
            await asyncio.sleep(0.05)
        assert (await transport.ask(host, ROLE)).stdout == ANSWER


async def test_a_reload_resolves_the_names_again(keys: Keys, lookups: Lookups) -> None:
    """The name leads elsewhere since the last login; no interval of minutes is waited for."""
    async with ssh_server(keys) as old, ssh_server(keys, port=old.port, address="127.0.0.2") as new:
        knows_name(keys, old.port, "moving")
        host = Host("m", "moving", old.port)
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        await transport.ask(host, ROLE)
        await transport.retain([host])
        for _ in range(3):
            await transport.ask(host, ROLE)
        assert (old.logins, new.logins) == (1, 0)
        lookups.moving_address = "127.0.0.2"
        await transport.retain([host])
        await until_there(transport, host, new)
        assert (old.logins, new.logins, transport.reconnects("m")) == (1, 1, 1)
        await transport.aclose()


async def test_an_address_that_changed_in_the_openssh_configuration_is_noticed(keys: Keys) -> None:
    """Neither the exporter's configuration nor a name server knows of it."""
    config = keys.directory / "ssh_config"

    def leads_to(address: str) -> None:
        config.write_text(f"Host moving\n  HostName {address}\n  HostKeyAlias moving\n", encoding="utf-8")

    async with ssh_server(keys) as old, ssh_server(keys, port=old.port, address="127.0.0.2") as new:
        knows_name(keys, old.port, "moving")
        leads_to("127.0.0.1")
        host = Host("m", "moving", old.port)
        transport = SshTransport(keys.settings(openssh_config=config), timeout_seconds=20)
        await transport.ask(host, ROLE)
        leads_to("127.0.0.2")
        await transport.retain([host])
        await until_there(transport, host, new)
        assert (old.logins, new.logins) == (1, 1)
        await transport.aclose()
