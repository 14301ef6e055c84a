"""What is answered under each path, over a real connection."""

import asyncio
import gzip
import json
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as classic_families

from boks_exporter.errors import ConfigError, Problem
from boks_exporter.exposition import status_report
from boks_exporter.report import read_report
from boks_exporter.web import Paths
from tests.unit.exposition_views import GOLDEN, no_master, published
from tests.unit.web_serving import Scripted, ready, serving

REFUSED = ConfigError(
    (Problem("c.yaml", 3, "poll.interval", "is wrong"), Problem("c.yaml", 9, "domains", "is missing"))
)

NOT_ALIVE = "a domain has finished no round for three intervals, or the page was not rendered for as long"


async def test_metrics_are_the_page_as_rendered() -> None:
    """Without any wish the classic text comes, with its version, uncompressed, and with what caches must know."""
    async with serving(Scripted()) as visitor:
        status, headers, body = await visitor.ask("/metrics")
    assert status == 200
    assert body == (GOLDEN / "published-listing.prom").read_bytes()
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["Vary"] == "Accept, Accept-Encoding"
    assert "Content-Encoding" not in headers


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("openmetrics", [False, True])
async def test_both_forms_come_compressed_or_not(openmetrics: bool, compressed: bool) -> None:
    """What a client asked for is what it can read, whole."""
    wanted = {"Accept": "application/openmetrics-text"} if openmetrics else {}
    async with serving(Scripted()) as visitor:
        _, headers, body = await visitor.ask(
            "/metrics", headers=wanted | ({"Accept-Encoding": "gzip"} if compressed else {})
        )
    assert headers.get("Content-Encoding") == ("gzip" if compressed else None)
    text = (gzip.decompress(body) if compressed else body).decode()
    families = list((openmetrics_families if openmetrics else classic_families)(text))
    assert "boks_host_up" in {family.name for family in families}
    assert text.endswith("# EOF\n") is openmetrics


async def test_a_scrape_gets_the_very_bytes_of_the_round() -> None:
    """Nothing is rendered or compressed for a scrape: what was published before is served, and replaced at once."""
    scripted = Scripted()
    async with serving(scripted) as visitor:
        for _ in range(2):
            assert (await visitor.ask("/metrics"))[2] == scripted.published.classic.plain
        scripted.published = ready(no_master())
        assert (await visitor.ask("/metrics"))[2] == (GOLDEN / "no-master.prom").read_bytes()


async def test_the_status_is_the_stable_json() -> None:
    """The JSON is the report that status and check print, and can be read back."""
    async with serving(Scripted()) as visitor:
        status, headers, body = await visitor.ask("/api/v1/status", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert read_report(gzip.decompress(body)) == json.loads(json.dumps(status_report([published()])))


async def test_the_first_page_is_html_that_nothing_may_be_added_to() -> None:
    """The policy forbids scripts and every other file; nothing is kept in caches."""
    async with serving(Scripted()) as visitor:
        status, headers, body = await visitor.ask("/")
    assert status == 200
    assert body.startswith(b"<!DOCTYPE html>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Server"] == "boks_exporter"


async def test_health_follows_the_poll_loop() -> None:
    """A stalled loop answers 503, so that a supervisor restarts the exporter."""
    scripted = Scripted()
    async with serving(scripted) as visitor:
        assert await visitor.text("/-/healthy") == (200, "boks_exporter is healthy.\n")
        scripted.is_alive = False
        assert await visitor.text("/-/healthy") == (
            503,
            f"boks_exporter is not healthy: {NOT_ALIVE}.\n",
        )


async def test_readiness_waits_for_the_first_full_round() -> None:
    """Until every domain was looked at there is 503, and metrics already."""
    scripted = Scripted()
    scripted.published = replace(scripted.published, is_ready=False)
    async with serving(scripted) as visitor:
        assert await visitor.text("/-/ready") == (
            503,
            "boks_exporter is not ready: the first round has not ended yet.\n",
        )
        assert (await visitor.ask("/metrics"))[0] == 200
        scripted.published = ready(published())
        assert await visitor.text("/-/ready") == (200, "boks_exporter is ready.\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/status", "/-/healthy", "/-/ready"])
async def test_head_gets_the_headers_of_get(path: str) -> None:
    """HEAD returns status, type and length, without a body."""
    async with serving(Scripted()) as visitor:
        got, headed = await visitor.ask(path), await visitor.ask(path, "HEAD")
    assert headed[2] == b""
    assert headed[0] == got[0] == 200
    for header in ("Content-Type", "Content-Length"):
        assert headed[1][header] == got[1][header]


# -- reload -----------------------------------------------------------------------------------------------------------


async def test_reload_is_forbidden_unless_allowed() -> None:
    """Without --web.enable-lifecycle there is no reload over HTTP, as with Prometheus."""
    scripted = Scripted()
    async with serving(scripted) as visitor:
        assert await visitor.text("/-/reload", "POST") == (
            403,
            "Lifecycle API is not enabled; see --web.enable-lifecycle.\n",
        )
    assert scripted.reloads == 0


async def test_reload_reads_the_file_again() -> None:
    """POST does it and says so."""
    scripted = Scripted()
    async with serving(scripted, enable_lifecycle=True) as visitor:
        assert await visitor.text("/-/reload", "POST") == (200, "Configuration reloaded.\n")
    assert scripted.reloads == 1


@pytest.mark.parametrize("enable_lifecycle", [False, True])
async def test_reload_is_never_a_get(enable_lifecycle: bool) -> None:
    """A link or a crawler must not reload anything."""
    scripted = Scripted()
    async with serving(scripted, enable_lifecycle=enable_lifecycle) as visitor:
        status, headers, body = await visitor.ask("/-/reload")
    assert (status, headers["Allow"], body) == (405, "POST", b"GET is not allowed for /-/reload; use POST.\n")
    assert scripted.reloads == 0


async def test_a_refused_reload_names_the_lines_and_no_values() -> None:
    """Messages and unknown keys quote the file, which a stranger must not read; the log of the daemon has them."""
    async with serving(Scripted(refusal=REFUSED), enable_lifecycle=True) as visitor:
        assert await visitor.text("/-/reload", "POST") == (
            500,
            (
                "The configuration was refused; the log has the messages. Faults in:\nc.yaml:3\nc.yaml:9\n"
                "The old configuration stays active.\n"
            ),
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "{base}"}, 200),
        ({"Origin": "{base}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://[", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
async def test_a_page_of_another_origin_cannot_reload(headers: dict[str, str], status: int) -> None:
    """A browser that was led to another site posts what that site wants; programs send no origin."""
    scripted = Scripted()
    async with serving(scripted, enable_lifecycle=True) as visitor:
        sent = {name: value.replace("{base}", visitor.base) for name, value in headers.items()}
        assert (await visitor.ask("/-/reload", "POST", sent))[0] == status
    assert scripted.reloads == (status == 200)


# -- paths ------------------------------------------------------------------------------------------------------------


async def test_a_wrong_path_is_answered_with_the_right_ones() -> None:
    """The answer to an unknown path lists the valid ones."""
    async with serving(Scripted()) as visitor:
        assert await visitor.text("/metric") == (
            404,
            (
                "Nothing is served at /metric. Try /, /topology, /events, /runbooks/, /config, /metrics, "
                "/api/v1/status, /api/v1/events, /api/v1/openapi.json, /-/healthy, /-/ready.\n"
            ),
        )


async def test_a_wrong_method_is_answered_with_the_right_ones() -> None:
    """Nothing here is written by PUT."""
    async with serving(Scripted()) as visitor:
        status, headers, body = await visitor.ask("/metrics", "PUT")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert body == b"PUT is not allowed for /metrics; use GET, HEAD.\n"


async def test_the_telemetry_path_may_be_another() -> None:
    """--web.telemetry-path moves the metrics, and the first page's link."""
    async with serving(Scripted(), Paths(telemetry="/boks")) as visitor:
        assert (await visitor.ask("/boks"))[0] == 200
        assert (await visitor.ask("/metrics"))[0] == 404
        assert 'href="./boks"' in (await visitor.text("/"))[1]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/status", "/-/healthy", "/-/ready"])
async def test_a_prefix_is_before_everything(path: str) -> None:
    """With a route prefix nothing is served without it but the way to it."""
    async with serving(Scripted(), Paths(prefix="/a/b")) as visitor:
        assert (await visitor.ask(f"/a/b{path}"))[0] == 200
        assert (await visitor.ask(path))[0] == (302 if path == "/" else 404)


@pytest.mark.parametrize(("path", "location"), [("/", "a/b/"), ("/a/b", "b/")])
async def test_the_way_to_the_prefix_is_relative(path: str, location: str) -> None:
    """A proxy that serves it elsewhere keeps working."""
    async with serving(Scripted(), Paths(prefix="/a/b")) as visitor:
        status, headers, _ = await visitor.ask(path)
    assert (status, headers["Location"]) == (302, location)


async def test_every_address_is_listened_on() -> None:
    """--web.listen-address may be repeated."""
    async with serving(Scripted(), listen=("127.0.0.1:0", "[::1]:0")) as visitor:
        first, second = visitor.server.addresses
        assert first.startswith("http://127.0.0.1:")
        assert second.startswith("http://[::1]:")
        assert repr(visitor.server) == f"<WebServer {first} {second}>"
        for url in (first, second):
            async with visitor.session.get(f"{url}-/healthy") as answer:
                assert answer.status == 200


async def test_the_end_does_not_wait_for_idle_clients() -> None:
    """Clients that keep a connection open, Prometheus among them, do not hold the end up."""
    async with serving(Scripted()) as visitor:
        await visitor.ask("/metrics")
        port = int(visitor.base.rpartition(":")[2])
        _, half_sent = await asyncio.open_connection("127.0.0.1", port)
        half_sent.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    half_sent.close()
