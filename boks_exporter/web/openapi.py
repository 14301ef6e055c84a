"""The description of the API as an OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
_NUMBER: Final[Schema] = {"type": "number"}
_MAYBE_NUMBER: Final[Schema] = {"type": ["number", "null"]}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: Final[Schema] = {"type": ["integer", "null"], "minimum": 0}


def _object(**properties: Schema) -> Schema:
    """Describe an object that has all of these keys; later versions may add others."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_EVENT: Final = _object(
    timestamp_seconds=_NUMBER,
    event={"type": "string", "enum": ["host_state_changed", "domain_state_changed", "masters_changed"]},
    domain=_TEXT,
    host=_MAYBE_TEXT,
    was=_MAYBE_TEXT,
    state=_TEXT,
    reason=_TEXT,
)
_TABLE: Final = _object(
    table={"type": "string", "pattern": "^T[0-9]+$"},
    sequence=_MAYBE_COUNT,
    parenthesised=_MAYBE_COUNT,
    stamp_seconds=_MAYBE_NUMBER,
    master_before=_MAYBE_COUNT,
    master_after=_MAYBE_COUNT,
    master_stamp_seconds=_MAYBE_NUMBER,
)
_SECTION: Final = _object(
    section=_TEXT,
    exit_status={"type": ["integer", "null"]},
    timed_out={"type": "boolean"},
    skipped=_MAYBE_TEXT,
    cut=_MAYBE_TEXT,
    took_seconds=_MAYBE_NUMBER,
    stdout=_TEXT,
    stderr=_TEXT,
)
_CONNECTION: Final = _object(
    address=_TEXT,
    port=_COUNT,
    host_key=_TEXT,
    cipher=_TEXT,
    mac=_TEXT,
    received_cipher=_TEXT,
    received_mac=_TEXT,
    allowed_kex={"type": "array", "items": _TEXT},
    software=_TEXT,
    opened_timestamp_seconds=_NUMBER,
    keeps_loop={"type": "boolean"},
)
_KNOWN: Final = _object(
    timestamp_seconds=_NUMBER,
    role=_TEXT,
    lag_sequences=_MAYBE_COUNT,
    lag_possible_sequences=_MAYBE_COUNT,
    lag_seconds=_MAYBE_NUMBER,
    ahead_sequences=_MAYBE_COUNT,
    ahead_possible_sequences=_MAYBE_COUNT,
)
_ERROR: Final = _object(error=_TEXT)


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def openapi_document(version: str, prefix: str, status: Mapping[str, Any]) -> Schema:
    """Return the document; `status` is the schema of the status report."""
    report = {key: value for key, value in status.items() if key not in {"$schema", "$id"}}
    host_report = report["properties"]["domains"]["items"]["properties"]["hosts"]["items"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "boks_exporter",
            "version": version,
            "description": "The state of BoKS domains as of their last rounds. Everything is read-only.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": prefix or "/"}],
        "paths": {
            "/api/v1/status": {"get": _get("status", "All domains", report)},
            "/api/v1/hosts/{domain}/{host}": {"get": _get_host(host_report)},
            "/api/v1/events": {"get": _get_events()},
            "/api/v1/openapi.json": {"get": _get("openapi", "This document", {"type": "object"})},
        },
    }


def _get(operation: str, summary: str, schema: Schema) -> Schema:
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}},
    }


def _get_host(report: Schema) -> Schema:
    document = _object(
        domain=_TEXT,
        last_round_timestamp_seconds=_NUMBER,
        status=report,
        state_since_timestamp_seconds=_MAYBE_NUMBER,
        last_known=_or_null(_KNOWN),
        tables=_list(_TABLE),
        sections=_list(_SECTION),
        connection=_or_null(_CONNECTION),
        reconnects=_COUNT,
        polls=_COUNT,
        failed_polls={"type": "object", "additionalProperties": _COUNT},
        last_failures=_list(_object(timestamp_seconds=_NUMBER, reason=_TEXT, detail=_TEXT)),
        history=_list(_object(since_timestamp_seconds=_NUMBER, state=_TEXT)),
        events=_list(_EVENT),
    )
    described = _get("host", "One host with its tables, raw output, connection and changes", document)
    described["parameters"] = [_parameter("domain", "path", _TEXT), _parameter("host", "path", _TEXT)]
    described["responses"]["404"] = _error("No such host is known")
    return described


def _get_events() -> Schema:
    summary = "The changes of states and masters, oldest first; as text/event-stream also each round as it ends"
    described = _get("events", summary, _object(events=_list(_EVENT)))
    described["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    described["parameters"] = [
        _parameter("domain", "query", _TEXT),
        _parameter("host", "query", _TEXT),
        _parameter("since", "query", {"type": "number", "minimum": 0, "maximum": 1e12}),
        _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000}),
    ]
    described["responses"]["400"] = _error("A parameter is not valid")
    described["responses"]["503"] = {
        "description": "Too many streams are open",
        "content": {"text/plain": {"schema": _TEXT}},
    }
    return described


def _parameter(name: str, place: str, schema: Schema) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _error(description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ERROR}}}
