"""Fill docs/cli.md and write docs/status.schema.json from the commands' own help and the report's types; a test compares."""

import json
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints, is_typeddict

import click

from boks_exporter.cli.check import severity
from boks_exporter.cli.root_command import program
from boks_exporter.report import StatusReport
from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "cli.md"
SCHEMA: Final = ROOT / "docs" / "status.schema.json"

_WIDTH: Final = 100

MEANINGS: Final = {
    "domains": "one entry for each domain, in the configuration's order",
    "domains[].domain": "its name",
    "domains[].masters": "every host with the role of master; one is right",
    "domains[].state": "`ok`, `degraded`, `no_master`, `several_masters`, `role_changing` or `unknown`",
    "domains[].reason": "the state as a sentence",
    "domains[].hosts": "one entry for each host, configured or discovered",
    "domains[].hosts[].host": "its name",
    "domains[].hosts[].role": "`master`, `replica`, `client` or `unknown`, as configured on the host",
    "domains[].hosts[].state": "`ok`, `loading`, `lagging`, `ahead`, `diverged`, `down`, `unreachable`, `unlisted` or `unknown`",
    "domains[].hosts[].reason": "the state as a sentence",
    "domains[].hosts[].lag_sequences": "updates that its worst table provably lacks",
    "domains[].hosts[].ahead_sequences": "updates by which its worst table is provably ahead of the master",
    "domains[].hosts[].lag_seconds": "age of the oldest missing update; null in a one-shot poll",
    "domains[].hosts[].tables": "one entry for each table, by its name such as `T7`",
    "domains[].hosts[].tables.T7.sequence": "the table's number",
    "domains[].hosts[].tables.T7.lag": "updates that it provably lacks",
    "domains[].hosts[].tables.T7.ahead": "updates by which it is provably ahead",
    "domains[].hosts[].tables.T7.lag_possible": "updates that it lacks at most, by its number",
    "domains[].hosts[].tables.T7.ahead_possible": "updates by which it is ahead at most, by its number",
    "domains[].hosts[].evidence": "further findings, as sentences",
    "domains[].hosts[].address": "its address",
    "domains[].hosts[].site": "its site, or empty",
    "domains[].hosts[].section": "its network section, or empty",
    "domains[].hosts[].behind_best_sequences": "updates behind the most advanced server that answers",
    "domains[].hosts[].missing_tables": "tables that the master has and it lacks",
    "domains[].hosts[].stamp_mismatch_tables": "tables whose stamp is not the master's",
    "domains[].hosts[].reported_status": "its status in the master's list: `ok`, `loading`, `down` or `other`",
    "domains[].hosts[].reported_status_word": "the status as printed in the list",
    "domains[].hosts[].last_packet_timestamp_seconds": "when the master last sent it a packet",
    "domains[].hosts[].last_failure_timestamp_seconds": "when the master last failed to update it",
    "domains[].hosts[].last_sync_timestamp_seconds": "when an update was last sent to it",
    "domains[].hosts[].last_attempt_timestamp_seconds": "time of the last poll",
    "domains[].hosts[].last_success_timestamp_seconds": "time of the last complete answer",
    "domains[].hosts[].promotable": "whether every guard that can be evaluated without the operator's key permits its promotion",
    "domains[].hosts[].promotable_reasons": "reasons against its promotion",
    "domains[].hosts[].gate_version": "version of its gate; null if it did not answer",
    "domains[].hosts[].lag_possible_sequences": "updates that any of its tables lacks at most",
    "domains[].hosts[].ahead_possible_sequences": "updates by which any of its tables is ahead at most; only 0 means that nothing is",
    "domains[].hosts[].since_timestamp_seconds": "since when the exporter has seen the state; null where none did, as in a poll without a state file",
    "domains[].hosts[].since_is_exact": "whether the state began then; if not, it may have begun before the exporter recorded anything",
    "domains[].hosts[].evidence_timestamp_seconds": "what is proven against its copy and not cleared, and since when: `ahead`, `was_ahead`, `diverged`",
    "domains[].unresolved": "servers of the master's list that are not configured",
    "domains[].unread_lines": "one entry for each form of line that could not be read, without ignored ones",
    "domains[].unread_lines[].section": "the section that printed it; `login` for the lines around the gate's reply",
    "domains[].unread_lines[].line": "the first such line",
    "domains[].unread_lines[].lines": "how many there are",
    "domains[].unread_lines[].hosts": "the hosts that print it",
    "domains[].sites": "one entry for each site",
    "domains[].sites[].name": "its name",
    "domains[].sites[].verdict": "`ok`, `site-without-spare` or `site-without-replica`",
    "domains[].sites[].replicas": "how many replicas it has",
    "domains[].sites[].replicas_ok": "how many of them are ok",
    "domains[].sections": "one entry for each network section",
    "domains[].sections[].name": "its name",
    "domains[].sections[].verdict": "as for sites",
    "domains[].sections[].replicas": "how many replicas it has",
    "domains[].sections[].replicas_ok": "how many of them are ok",
    "domains[].last_round_timestamp_seconds": "end of the round that the report shows",
    "domains[].maintenance": "one entry for each active window; null if the journal cannot be read",
    "domains[].notes": "what a reader must know about the report, such as a state file that a one-shot poll could not read",
    "domains[].knowledge": "what was known before, for failover commands elsewhere (`--knowledge URL`); absent in a one-shot poll",
    "domains[].knowledge.last_known_master": "the host that was the one master when there was one last",
    "domains[].knowledge.hosts": "one entry for each host",
    "domains[].knowledge.hosts[].host": "its name",
    "domains[].knowledge.hosts[].port": "its SSH port",
    "domains[].knowledge.hosts[].role": "its role when it last answered",
    "domains[].knowledge.hosts[].discovered": "whether only the master's list named it",
    "domains[].knowledge.hosts[].failing_since_timestamp_seconds": "the first failed poll since it last answered",
    "domains[].knowledge.readings": "the last numbers of the hosts that do not show them now",
    "domains[].knowledge.readings[].host": "its name",
    "domains[].knowledge.readings[].read_timestamp_seconds": "when they were read",
    "domains[].knowledge.readings[].sequences": "the sequence number of each table",
    "domains[].knowledge.readings[].stamps": "the stamp of each table's generation",
    "domains[].knowledge.unresolved_timestamp_seconds": "the servers of the last list that match no host, and when it was read",
    "domains[].evidence_since_timestamp_seconds": "the first recorded round: what was proven before it is not known",
    "domains[].maintenance[].host": "the host under maintenance",
    "domains[].maintenance[].started_timestamp_seconds": "when it began",
    "domains[].maintenance[].until_timestamp_seconds": "when it expires",
    "domains[].maintenance[].owner": "the user who started it",
    "domains[].maintenance[].reason": "why",
    "domains[].maintenance[].run": "the failover run that set it, or null",
}
"""The meaning of each key; times are Unix seconds by the exporter's clock."""

_TYPES: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


def page() -> str:
    """Return the page with the help of every command, the severities and the keys of the report."""
    blocks = {"commands": _overview(), "help": _help(), "severities": _rules(), "keys": _keys()}
    return filled_page(PAGE, blocks)


def _overview() -> Iterator[str]:
    yield "| command | for |"
    yield "|---|---|"
    for path, context in _commands(program, "boks-exporter", None):
        if path != "boks-exporter":
            anchor, name = path.replace(" ", "-"), path.removeprefix("boks-exporter ")
            yield f"| [`{name}`](#{anchor}) | {context.command.get_short_help_str(200)} |"


def _help() -> Iterator[str]:
    for path, context in _commands(program, "boks-exporter", None):
        yield f"## {path}\n\n```\n{context.get_help()}\n```\n"


def _commands(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, click.Context]]:
    """Yield all commands, each with a context of a fixed width."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH)
    context.help_option_names = ["-h", "--help"]
    yield context.command_path, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            if (found := command.get_command(context, below)) is not None:
                yield from _commands(found, below, context)


def _rules() -> Iterator[str]:
    yield "| what | severity | why |"
    yield "|---|---|---|"
    for state, rule in severity.HOST_RULES.items():
        yield f"| host `{state}` | {rule.severity.name} | {rule.reason} |"
    for state, rule in severity.DOMAIN_RULES.items():
        name = "none of its own" if rule is severity.DECIDED_BY_HOSTS else rule.severity.name
        yield f"| domain `{state}` | {name} | {rule.reason} |"
    for what, rule in (
        ("no host of a domain answers", severity.NO_HOST_ANSWERS),
        ("`reported_status` is `down`", severity.LISTED_AS_DOWN),
        ("`evidence_timestamp_seconds` is not empty, at least", severity.WITH_EVIDENCE),
        ("all replicas of a site are unhealthy", severity.SITE_WITHOUT_REPLICA),
        ("`unresolved` names a server", severity.UNRESOLVED),
        ("a figure with a range is null", severity.NO_FIGURE),
        ("an old report", severity.STALE),
        ("a state that is not in this table", severity.UNKNOWN_STATE),
        ("nothing to evaluate", severity.NOTHING_POLLED),
    ):
        yield f"| {what} | {rule.severity.name} | {rule.reason} |"
    yield "| a figure outside of a range | WARNING or CRITICAL | set by the option of the range |"


def _keys() -> Iterator[str]:
    yield "| key | type | meaning |"
    yield "|---|---|---|"
    for path, kind in keys(StatusReport):
        yield f"| `{path}` | {_named(kind)} | {MEANINGS[path]} |"


def keys(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a typed dictionary and those below it."""
    for key, below in get_type_hints(kind).items():
        here = f"{path}.{key}" if path else key
        yield here, below
        below = _without_null(below)  # noqa: PLW2901 - the same without its null
        inner = get_args(below)[-1] if get_origin(below) in {list, dict} else None
        if is_typeddict(below):
            yield from keys(below, here)
        if is_typeddict(inner):
            yield from keys(inner, f"{here}[]" if get_origin(below) is list else f"{here}.T7")


def _without_null(kind: Any) -> Any:
    return next(part for part in get_args(kind) if part is not NoneType) if get_origin(kind) is UnionType else kind


def _named(kind: Any) -> str:
    if get_origin(kind) is UnionType:
        return f"{_named(_without_null(kind))} or null"
    if get_origin(kind) is list:
        return "list"
    return "object" if get_origin(kind) is dict or is_typeddict(kind) else _TYPES[kind]


def schema() -> dict[str, Any]:
    """Describe the report as JSON Schema; further keys are allowed, since they may be added."""
    title = "What status, check and /api/v1/status of boks-exporter report"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_schema_of(StatusReport, "")}


def _schema_of(kind: Any, path: str) -> dict[str, Any]:
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        properties = {key: _described(below, f"{path}.{key}" if path else key) for key, below in hints.items()}
        return {
            "type": "object",
            "required": [key for key in hints if key in kind.__required_keys__],
            "properties": properties,
        }
    if get_origin(kind) is UnionType:
        inner = _schema_of(_without_null(kind), path)
        return {**inner, "type": [inner["type"], "null"]}
    if get_origin(kind) is list:
        return {"type": "array", "items": _schema_of(get_args(kind)[0], f"{path}[]")}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": _schema_of(get_args(kind)[1], f"{path}.T7")}
    return {"type": _TYPES[kind]}


def _described(kind: Any, path: str) -> dict[str, Any]:
    return {"description": MEANINGS[path].replace("`", ""), **_schema_of(kind, path)}


def schema_text() -> str:
    """Write the schema as it is shipped."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    write(PAGE, page())
    write(SCHEMA, schema_text())
