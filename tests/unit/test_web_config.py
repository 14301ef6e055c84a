"""The web configuration file and TLS."""

import asyncio
import ssl
from pathlib import Path

import pytest
import uvloop
from aiohttp import ClientError, ClientSession, TCPConnector
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from boks_exporter.errors import ConfigError
from boks_exporter.web import LiveWebConfig, load_web_config
from boks_exporter.web.security.tls import CIPHERS, CURVES
from tests.unit import web_config_cases as cases
from tests.unit.certificates import Pair, issued
from tests.unit.web_config_cases import BAD, GOOD, HASH, TLS, Case
from tests.unit.web_serving import Scripted, serving


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("web")
    cases.write_files(directory)
    return directory


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_file_is_taken(files: Path, case: Case, tmp_path: Path) -> None:
    """What exporter-toolkit documents can be used here, and TLS is on where files are named."""
    config = load_web_config(written(files, case.text, tmp_path))
    assert (config.tls is not None) is case.text.startswith(TLS)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_file_is_refused_with_its_line_and_path(files: Path, case: Case, tmp_path: Path) -> None:
    """The message tells where it is, what was expected and what was found, and never repeats a secret."""
    file = written(files, case.text, tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_web_config(file)
    first = str(caught.value.problems[0]).replace(f"{file}:", "", 1).replace(str(tmp_path), "DIR")
    expected, dots, _ = (case.message or "").partition(" ...")
    # What OpenSSL says after that is another thing in each of its versions.
    assert (first[: len(expected)] if dots else first) == expected


def written(files: Path, text: str, directory: Path) -> Path:
    for file in files.iterdir():
        (directory / file.name).symlink_to(file)
    (directory / "web.yml").write_text(text, encoding="utf-8")
    return directory / "web.yml"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Whoever mends a file mends it once."""
    file = tmp_path / "web.yml"
    file.write_text("tls_server_config: {key_file: a, min_version: x}\nbasic_auth_users: {a: b, c: d}\ne: f\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_web_config(file)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (1, "tls_server_config.cert_file"),
        (1, "tls_server_config.min_version"),
        (2, "basic_auth_users.a"),
        (2, "basic_auth_users.c"),
        (3, "e"),
    ]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The daemon does not start open because its lock is missing."""
    with pytest.raises(ConfigError, match=r"no\.yml: cannot be read: No such file or directory"):
        load_web_config(tmp_path / "no.yml")


def test_the_names_are_gos() -> None:
    """Every name that Go's exporters take is known."""
    assert tuple(CIPHERS) == cases.GO_CIPHERS
    assert tuple(CURVES) == cases.CURVES


def test_the_table_is_documented() -> None:
    """The names that a message sends people to look for stand in docs/web.md."""
    text = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    assert [name for name in (*CIPHERS, *CURVES) if name not in text] == []


def test_the_documented_example_works(files: Path, tmp_path: Path) -> None:
    """The file that docs/web.md shows can be copied as it is."""
    text = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n# /etc/boks-exporter/web.yml\n")[2].partition("```")[0]
    (tmp_path / "tls.crt").symlink_to(files / "server.pem")
    (tmp_path / "tls.key").symlink_to(files / "server.key")
    (tmp_path / "web.yml").write_text(example, encoding="utf-8")
    assert set(load_web_config(tmp_path / "web.yml").users) == {b"prometheus"}


# -- TLS over a real connection ---------------------------------------------------------------------------------------


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
    """Connect anew and tell the certificate that the server showed."""
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
def test_a_renewed_certificate_applies_without_a_restart(site: Site, loop: object) -> None:
    """The next connection sees it, on asyncio's own loop and on uvloop."""
    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]
        runner.run(scenario_renewal(site))


async def test_a_half_renewed_certificate_leaves_the_old_one_in_force(site: Site) -> None:
    """Between certificate and key nobody is turned away, and the log tells it once."""
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
    assert logs[0]["problem"].endswith("tls_server_config: TLS is switched on or off by a restart only")


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


async def test_the_clients_order_of_ciphers_counts_where_the_file_says_so(site: Site) -> None:
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
