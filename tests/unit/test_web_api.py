"""The API: what its OpenAPI document promises, tried by schemathesis, and the stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import jsonschema
import pytest
import schemathesis
from aiohttp import ClientResponse, ClientTimeout
from hypothesis import HealthCheck, Phase, given, settings

from boks_exporter.bundled_files import status_schema
from boks_exporter.web import Paths, WebThread
from boks_exporter.web.api_handlers import STREAMS
from boks_exporter.web.openapi import openapi_document
from tests.browser.situations import dark_site, dead_master, down, healthy
from tests.unit.exposition_views import published
from tests.unit.test_web_host_page import with_connection, with_output
from tests.unit.web_serving import Scripted, Visitor, ready, serving

PATHS = ("/api/v1/status", "/api/v1/hosts/{domain}/{host}", "/api/v1/events", "/api/v1/openapi.json")
VIEW = with_connection(with_output(down(), "REPHOST"), "REPHOST")


async def document(path: str, *views: Any, status: int = 200) -> Any:
    async with serving(Scripted(published=ready(*views))) as visitor:
        answered, text = await visitor.text(path)
    assert answered == status
    return json.loads(text)


# -- the document ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
async def test_the_api_keeps_what_its_document_promises(path: str) -> None:
    """Schemathesis asks with valid and invalid values, and checks status, type and schema of each answer."""
    async with WebThread(Scripted(published=ready(VIEW, published())).source(), Paths()) as web:
        await web.start(("127.0.0.1:0",))
        await asyncio.to_thread(_try, web.addresses[0], path)


def _try(address: str, path: str) -> None:
    operation = schemathesis.openapi.from_url(f"{address}api/v1/openapi.json")[path]["GET"]
    answers = []

    @settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def each(case: Any) -> None:
        answers.append(case.call_and_validate().status_code)

    each()
    assert answers


async def test_a_host_that_exists_is_as_the_document_describes_it() -> None:
    """A generated name is hardly ever that of a host."""
    api = openapi_document("1.0.0", "", status_schema())
    described = api["paths"]["/api/v1/hosts/{domain}/{host}"]["get"]["responses"]["200"]["content"]["application/json"]
    for host in ("REPHOST", "MASTER1", "REPHOST2"):
        for view in (VIEW, dead_master(), dark_site()):
            jsonschema.validate(await document(f"/api/v1/hosts/harbour/{host}", view), described["schema"])


async def test_a_host_has_its_readings_raw_output_connection_and_changes() -> None:
    found = await document("/api/v1/hosts/harbour/REPHOST", VIEW)
    table = next(row for row in found["tables"] if row["table"] == "T1")
    assert (table["sequence"], table["master_before"], table["master_after"]) == (4870, 5017, 5017)
    assert found["sections"][0]["stdout"].startswith("T1 13678d 8:33:46 4870 (4870)\n")
    assert found["connection"]["host_key"] == "ssh-ed25519 SHA256:abc"
    assert found["last_failures"][0]["reason"] == "timeout"
    assert [event["state"] for event in found["events"]] == ["ok", "down"]
    assert found["state_since_timestamp_seconds"] == found["events"][-1]["timestamp_seconds"]


async def test_a_host_that_is_not_known_is_an_error() -> None:
    assert "no host X" in (await document("/api/v1/hosts/harbour/X", down(), status=404))["error"]


# -- events ------------------------------------------------------------------------------------------------------------


async def test_events_can_be_selected() -> None:
    everything = (await document("/api/v1/events", dark_site(), published()))["events"]
    times = [event["timestamp_seconds"] for event in everything]
    assert times == sorted(times)
    one = (await document("/api/v1/events?host=REPHOST&domain=harbour", dark_site()))["events"]
    assert [(event["host"], event["was"], event["state"]) for event in one] == [
        ("REPHOST", None, "ok"),
        ("REPHOST", "ok", "unreachable"),
    ]
    late = (await document(f"/api/v1/events?since={one[0]['timestamp_seconds']}&host=REPHOST", dark_site()))["events"]
    assert late == one[1:]
    assert (await document("/api/v1/events?limit=1", dark_site()))["events"] == [everything[-1]]


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=nan", "since=1e99", "limit=0", "limit=-1", "limit=x"])
async def test_a_parameter_that_is_not_valid_is_an_error_that_names_it(query: str) -> None:
    assert (await document(f"/api/v1/events?{query}", down(), status=400))["error"].startswith(query.partition("=")[0])


@asynccontextmanager
async def stream(visitor: Visitor, **headers: str) -> AsyncIterator[ClientResponse]:
    wanted = {"Accept": "text/event-stream", **headers}
    async with visitor.session.get(
        f"{visitor.base}/api/v1/events", headers=wanted, timeout=ClientTimeout(total=60)
    ) as answer:
        yield answer


async def message(answer: ClientResponse) -> dict[str, str]:
    """Read one message of a stream, without comments and times of repetition."""
    while True:
        fields: dict[str, str] = {}
        while line := (await answer.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        if "data" in fields:
            return fields


async def test_a_stream_shows_when_a_round_ends_and_what_changed() -> None:
    scripted = Scripted(published=ready(healthy()))
    async with serving(scripted) as visitor, stream(visitor) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        first = await message(answer)
        assert first["event"] == "round"
        assert json.loads(first["data"])["domains"][0]["state"] == "ok"
        scripted.published = ready(healthy())
        assert (await message(answer))["event"] == "round"


async def test_a_client_that_connects_again_gets_what_it_missed() -> None:
    async with serving(Scripted(published=ready(dark_site()))) as visitor:
        events = json.loads((await visitor.text("/api/v1/events"))[1])["events"]
        missed = [event for event in events if event["timestamp_seconds"] > events[0]["timestamp_seconds"]]
        headers = {"Last-Event-ID": repr(events[0]["timestamp_seconds"])}
        async with stream(visitor, **headers) as answer:
            received = [await message(answer) for _ in missed]
    assert [json.loads(each["data"]) for each in received] == missed
    assert {each["event"] for each in received} == {"change"}


async def test_too_many_streams_are_refused_and_a_closed_one_makes_room() -> None:
    async with serving(Scripted()) as visitor:
        async with AsyncExitStack() as stack:
            # One connection fewer than an address may have: the request that is refused needs one too.
            for _ in range(STREAMS):
                answer = await stack.enter_async_context(stream(visitor))
                await message(answer)
            status, headers, _ = await visitor.ask("/api/v1/events", headers={"Accept": "text/event-stream"})
            assert (status, headers["Retry-After"]) == (503, "30")
        async with asyncio.timeout(60):
            while (await visitor.ask("/api/v1/events", "HEAD", {"Accept": "text/event-stream"}))[0] != 200:
                await asyncio.sleep(0.05)


async def test_the_end_of_the_server_ends_its_streams() -> None:
    async with serving(Scripted()) as visitor:
        answer = await visitor.session.get(f"{visitor.base}/api/v1/events", headers={"Accept": "text/event-stream"})
        await message(answer)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 30
    answer.close()
