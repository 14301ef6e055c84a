"""Hooks, and which domain a command means."""

import json
import sys
from pathlib import Path

import pytest

from boks_exporter.app.failover_wiring import NotConfiguredError, chosen_domain, current_operator
from boks_exporter.config import Settings, load
from boks_exporter.failover.runner import ProgramHooks
from boks_exporter.failover.runner.programs import Event

SAYS = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('BOKS_FAILOVER')}))"


def program(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


async def test_facts_reach_a_hook_in_its_environment(tmp_path: Path) -> None:
    """Whatever they hold, no shell reads them."""
    shown = tmp_path / "told"
    text = SAYS.replace("print(", f"open({str(shown)!r}, 'w').write(")
    hooks = ProgramHooks(before=program(text))
    assert await hooks.call(Event.BEFORE, {"run": "r1", "target": "$(touch evil); `x`"}) == ""
    assert json.loads(shown.read_text()) == {
        "BOKS_FAILOVER_EVENT": "before",
        "BOKS_FAILOVER_RUN": "r1",
        "BOKS_FAILOVER_TARGET": "$(touch evil); `x`",
    }


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        (ProgramHooks(), ""),
        (
            ProgramHooks(before=program("print('not tonight'); raise SystemExit(3)")),
            f"the hook before ({sys.executable}) ended with 3: not tonight",
        ),
        (
            ProgramHooks(before=("/no/such/program",)),
            "the hook before (/no/such/program) cannot be run: No such file or directory",
        ),
        (
            ProgramHooks(before=program("import time; time.sleep(60)"), timeout_seconds=0.3),
            f"the hook before ({sys.executable}) took longer than 0.3 s",
        ),
    ],
    ids=["no programs", "refuses", "is missing", "takes too long"],
)
async def test_a_hook_that_does_not_agree_shows_why(hooks: ProgramHooks, message: str) -> None:
    """By its status and last words, by not being there, or by taking too long."""
    assert await hooks.call(Event.BEFORE, {}) == message


def domain(name: str, host: str, failover: str = "{journal: j, operator: {user: op}}") -> str:
    return f"  - name: {name}\n    transport: {{kind: ssh, user: x}}\n    hosts: [{{name: {host}}}]\n" + (
        f"    failover: {failover}\n" if failover else ""
    )


def settings(tmp_path: Path, *domains: str) -> Settings:
    file = tmp_path / "config.yaml"
    file.write_text("domains:\n" + "".join(domains))
    return load(file)


def test_the_domain_is_the_one_that_has_the_host(tmp_path: Path) -> None:
    """Or the one that is named, or the only one that can be changed."""
    several = settings(tmp_path, domain("one", "a"), domain("two", "b"), domain("three", "c", ""))
    assert chosen_domain(several, host="b").domain.name == "two"
    assert chosen_domain(several, "one").domain.name == "one"
    only = settings(tmp_path, domain("one", "a"), domain("three", "c", ""))
    assert chosen_domain(only).domain.name == "one"


@pytest.mark.parametrize(
    ("name", "host", "message"),
    [
        (None, "x", "several domains match: one, two; add --domain"),
        ("four", None, "no domain four in the configuration; there are: one, two, three"),
        ("three", None, "the configuration has no section failover in three"),
    ],
)
def test_a_domain_that_is_not_clear_is_asked_for(
    tmp_path: Path, name: str | None, host: str | None, message: str
) -> None:
    """Never guessed."""
    several = settings(tmp_path, domain("one", "a"), domain("two", "b"), domain("three", "c", ""))
    with pytest.raises(NotConfiguredError, match=message):
        chosen_domain(several, name, host)


def test_limits_come_from_the_configuration(tmp_path: Path) -> None:
    """What the guards measure by."""
    given = "{journal: j, operator: {user: op}, cool_down: 1h, max_behind: 3, master_port: 7500}"
    limits = chosen_domain(settings(tmp_path, domain("one", "a", given))).limits
    assert (limits.cool_down_seconds, limits.max_behind_updates, limits.master_port) == (3600.0, 3, 7500)


def test_who_runs_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind sudo, the person and not the account."""
    monkeypatch.setenv("SUDO_USER", "anna")
    who = current_operator()
    assert who.sudo_user == "anna"
    assert str(who).startswith("anna (")
    assert who.pid > 0
