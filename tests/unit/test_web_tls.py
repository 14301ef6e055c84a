"""TLS, client certificates and headers over a real connection, and files that change meanwhile."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp import ClientError, ClientSession, TCPConnector
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from boks_exporter.web import LiveWebConfig
from tests.unit.certificates import Pair, issued
from tests.unit.web_config_files import HASH, TLS
from tests.unit.web_serving import Scripted, serving


class Site:
    """A directory with an authority, a server's certificate and a web configuration file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = issued("authority")
        self.authority.write(directory, "ca")
        self.server = self.renew()

    def renew(self, authority: Pair | None = None) -> Pair:
        """Put another certificate in the old one's place."""
        self.server = issued("server", authority or self.authority)
        self.server.write(self.directory, "server")
        return self.server

    def write(self, text: str) -> Path:
        file = self.directory / "web.yml"
        file.write_text(text, encoding="utf-8")
        return file

    def live(self, more: str = "") -> LiveWebConfig:
        return LiveWebConfig(self.write(TLS + more))

    def client(self, identity: str | None = None) -> ssl.SSLContext:
        """Trust the authority; show a certificate where `identity` names one."""
        context = ssl.create_default_context(cafile=self.directory / "ca.pem")
        if identity:
            context.load_cert_chain(self.directory / f"{identity}.pem", self.directory / f"{identity}.key")
        return context


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def shown_certificate(base: str, context: ssl.SSLContext) -> bytes:
    """Open a new connection and return the server's certificate."""
    host, port = base.removeprefix("https://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), ssl=context)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    assert isinstance(certificate, bytes)
    return certificate


def der(pair: Pair) -> bytes:
    return pair.certificate.public_bytes(Encoding.DER)


def session(context: ssl.SSLContext) -> ClientSession:
    return ClientSession(connector=TCPConnector(ssl=context, force_close=True))


async def test_a_client_that_trusts_the_authority_is_served(site: Site) -> None:
    """The certificate is verified by name and authority, and the address says https."""
    async with serving(Scripted(), security=site.live(), session=lambda: session(site.client())) as visitor:
        assert visitor.server.addresses[0].startswith("https://127.0.0.1:")
        assert (await visitor.ask("/-/healthy"))[0] == 200
        with pytest.raises(ClientError):
            async with visitor.session.get(visitor.base.replace("https", "http")):
                pass


async def scenario_renewal(site: Site) -> None:
    before = site.server
    async with serving(Scripted(), security=site.live(), session=lambda: session(site.client())) as visitor:
        assert await shown_certificate(visitor.base, site.client()) == der(before)
        after = site.renew()
        assert await shown_certificate(visitor.base, site.client()) == der(after)
        assert (await visitor.ask("/-/healthy"))[0] == 200


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_renewed_certificate_applies_without_a_restart(site: Site, loop: Callable[[], Any]) -> None:
    """The next connection sees it, on asyncio's own loop and on uvloop."""
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario_renewal(site))


async def test_a_half_renewed_certificate_leaves_the_old_one_in_force(site: Site) -> None:
    """While the key does not match the certificate, every client is served, and one line is logged."""
    before = site.server
    async with serving(Scripted(), security=site.live(), session=lambda: session(site.client())) as visitor:
        await shown_certificate(visitor.base, site.client())
        key = (site.directory / "server.key").read_bytes()
        after = site.renew()
        (site.directory / "server.key").write_bytes(key)
        with capture_logs() as logs:
            for _ in range(3):
                assert await shown_certificate(visitor.base, site.client()) == der(before)
        assert [entry["event"] for entry in logs] == ["web_config_refused"]
        assert logs[0]["problem"].endswith("web.yml:3: tls_server_config.key_file: is not the key of cert_file")
        after.write(site.directory, "server")
        assert await shown_certificate(visitor.base, site.client()) == der(after)


async def test_a_broken_file_leaves_the_old_one_in_force(site: Site) -> None:
    """Passwords and TLS stay as they were; the log tells every problem."""
    async with serving(
        Scripted(), security=site.live(f"basic_auth_users: {{a: {HASH}}}\n"), session=lambda: session(site.client())
    ) as visitor:
        with capture_logs() as logs:
            site.write("tls_server_config: {cert: a}\nnonsense: 1\n")
            assert (await visitor.ask("/-/healthy"))[0] == 401
        assert [entry["problem"].partition("web.yml:")[2].partition(": ")[0] for entry in logs] == ["1", "2"]


@pytest.mark.parametrize(("first", "then"), [(TLS, ""), ("", TLS)])
async def test_tls_is_never_switched_while_running(site: Site, first: str, then: str) -> None:
    """A listening socket is one or the other; the log says that a restart is needed."""
    live = LiveWebConfig(site.write(first))
    before = live.current()
    with capture_logs() as logs:
        site.write(then or "http_server_config: {}\n")
        assert live.current() is before
    assert logs[0]["problem"].endswith("tls_server_config: switching TLS on or off needs a restart")


async def test_a_client_certificate_is_asked_for(site: Site) -> None:
    """Without one there is no answer, with one of another authority neither."""
    issued("scraper", site.authority).write(site.directory, "scraper")
    issued("stranger").write(site.directory, "stranger")
    more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
    async with serving(
        Scripted(), security=site.live(more), session=lambda: session(site.client("scraper"))
    ) as visitor:
        assert (await visitor.ask("/-/healthy"))[0] == 200
        for identity in (None, "stranger"):
            async with session(site.client(identity)) as other:
                with pytest.raises((ClientError, ConnectionError)):
                    async with other.get(visitor.base):
                        pass


async def test_a_client_certificate_may_be_left_out_where_it_is_only_verified_if_given(site: Site) -> None:
    """Who shows none is served, who shows a wrong one is not."""
    issued("stranger").write(site.directory, "stranger")
    more = "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n"
    async with serving(Scripted(), security=site.live(more), session=lambda: session(site.client())) as visitor:
        assert (await visitor.ask("/-/healthy"))[0] == 200
        async with session(site.client("stranger")) as other:
            with pytest.raises((ClientError, ConnectionError)):
                async with other.get(visitor.base):
                    pass


@pytest.mark.parametrize(
    ("more", "versions"),
    [
        ("", {"TLSv1.2", "TLSv1.3"}),
        ("  min_version: TLS13\n", {"TLSv1.3"}),
        ("  max_version: TLS12\n", {"TLSv1.2"}),
        ("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n", {"TLSv1.3"}),
        ("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n", {"TLSv1.2", "TLSv1.3"}),
        ("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n", {"TLSv1.3"}),
        ("  min_version: TLS10\n", {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}),
        ("  min_version: TLS10\n  max_version: TLS11\n", {"TLSv1", "TLSv1.1"}),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_only_what_the_file_allows_is_spoken(site: Site, more: str, versions: set[str]) -> None:
    """Versions and ciphers are honoured, old versions too where the file asks for them."""
    async with serving(Scripted(), security=site.live(more), session=lambda: session(site.client())) as visitor:
        spoken = set()
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = site.client()
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            host, port = visitor.base.removeprefix("https://").split(":")
            try:
                _, writer = await asyncio.open_connection(host, int(port), ssl=context)
            except (ssl.SSLError, ConnectionError):
                continue
            spoken.add(writer.get_extra_info("ssl_object").version())
            writer.close()
            await writer.wait_closed()
    assert spoken == versions


async def test_the_first_curve_is_the_one(site: Site) -> None:
    """Python's ssl takes one: a client that cannot do it is turned away."""
    async with serving(
        Scripted(),
        security=site.live("  curve_preferences: [CurveP384, X25519]\n"),
        session=lambda: session(site.client()),
    ) as visitor:
        for curve, works in (("secp384r1", True), ("X25519", False)):
            context = site.client()
            context.set_ecdh_curve(curve)
            if works:
                assert await shown_certificate(visitor.base, context)
            else:
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    await shown_certificate(visitor.base, context)


async def test_the_clients_order_of_ciphers_counts_where_the_file_asks_for_it(site: Site) -> None:
    """With prefer_server_cipher_suites: false a client on a weak machine gets the cipher that it does best."""
    wanted = "ECDHE-ECDSA-CHACHA20-POLY1305"
    more = "  max_version: TLS12\n  prefer_server_cipher_suites: "
    for word, chosen in (("true", False), ("false", True)):
        live = site.live(f"{more}{word}\n")
        async with serving(Scripted(), security=live, session=lambda: session(site.client())) as visitor:
            context = site.client()
            context.set_ciphers(f"{wanted}:ECDHE-ECDSA-AES256-GCM-SHA384")
            host, port = visitor.base.removeprefix("https://").split(":")
            _, writer = await asyncio.open_connection(host, int(port), ssl=context)
            assert (writer.get_extra_info("cipher")[0] == wanted) is chosen
            writer.close()
            await writer.wait_closed()


async def test_headers_of_the_file_are_on_every_answer(site: Site) -> None:
    """They replace ours, come with errors too, and a line's end in one cannot forge another."""
    file = site.write(
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
        '    Content-Security-Policy: "default-src\\r\\nnone"\n'
        f"basic_auth_users: {{a: {HASH}}}\n"
    )
    async with serving(Scripted(), security=LiveWebConfig(file)) as visitor:
        status, headers, _ = await visitor.ask("/nothing")
    assert (status, headers["X-Frame-Options"]) == (401, "deny")
    assert headers["Content-Security-Policy"] == "default-src none"
