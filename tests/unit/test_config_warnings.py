"""Warnings: settings that are legal and work badly together, each with its line, and no warning without need."""

from pathlib import Path

import asyncssh
import pytest

from boks_exporter.cli.check.evaluate import Criteria
from boks_exporter.cli.root_command import run
from boks_exporter.config import examine
from boks_exporter.config.warnings import PLUGINS_MAX_AGE_SECONDS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SSH = "{kind: ssh, user: boksmon, identity_files: [key], known_hosts: known_hosts}"
KEY = asyncssh.generate_private_key("ssh-ed25519")
HOSTS = "[{name: m}, {name: r}]"


def written(directory: Path, text: str) -> Path:
    """Write a configuration next to the files that it may name."""
    key = directory / "key"
    key.write_bytes(KEY.export_private_key("openssh"))
    key.chmod(0o600)
    (directory / "known_hosts").write_bytes(b"m " + KEY.export_public_key("openssh"))
    file = directory / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def warnings(directory: Path, text: str) -> list[str]:
    """Examine a configuration; its name and directory are left out of what is said."""
    found = examine(written(directory, text)).warnings
    return [str(problem).replace(f"{directory}/", "").removeprefix("config.yaml:") for problem in found]


def domain(transport: str = SSH, hosts: str = HOSTS, more: str = "") -> str:
    """Write a domain, the transport in line 3, the hosts in line 4, `more` from line 5 on."""
    return f"domains:\n  - name: prod\n    transport: {transport}\n    hosts: {hosts}\n{more}"


def failover(operator: str, more: str = "") -> str:
    """Write line 5 and the following."""
    return f"    failover:\n      journal: j\n      operator: {operator}\n{more}"


INSECURE = SSH.replace("}", ", insecure_ignore_host_keys: true}")
CASES = {
    "batches": (
        f"poll: {{concurrency: 1}}\n{domain()}",
        (
            "1: poll.concurrency: 2 hosts, 1 at a time: 2 batches of up to poll.timeout (20s) do not fit into "
            "poll.interval (30s); raise it, or lower poll.timeout"
        ),
    ),
    "section": (
        domain("{kind: local, paths: {section_timeout: 20s}}", "[{name: m}]"),
        (
            "3: domains[0].transport.paths.section_timeout: expected less than poll.timeout (20s), found 20s: "
            "if one command hangs on a host, the whole poll of that host fails"
        ),
    ),
    "section of a gate that is sent": (
        domain(SSH.replace("}", ", gate: sent, paths: {section_timeout: 1m}}")),
        (
            "3: domains[0].transport.paths.section_timeout: expected less than poll.timeout (20s), found 1m: "
            "if one command hangs on a host, the whole poll of that host fails"
        ),
    ),
    "paths of an installed gate": (
        domain(SSH.replace("}", ", paths: {section_timeout: 1m}}")),
        (
            "3: domains[0].transport.paths: has no effect with gate: installed; boks-gate.conf on each host "
            "sets the paths of BoKS"
        ),
    ),
    "limit": (
        domain(more="    thresholds: {lag_age: 0s}\n"),
        (
            "5: domains[0].thresholds: expected at least two of poll.interval (1m) for each age, found "
            "lag_age (0s): updates in transit at one poll would count as a finding"
        ),
    ),
    "one-shot poll": (
        domain(more="    thresholds: {lag_sequences: 2000}\n"),
        (
            "5: domains[0].thresholds.lag_sequences_at_once: expected at least lag_sequences (2000), found "
            "1000: `status` and `check` would report a replica as lagging that the daemon does not"
        ),
    ),
    "host keys": (
        domain(INSECURE),
        (
            "3: domains[0].transport.insecure_ignore_host_keys: any machine that answers at an address is "
            "accepted as the host, and known_hosts has no effect with it; use known_hosts instead"
        ),
    ),
    "operator's login": (
        domain(more=failover("{user: boksmon}")),
        (
            "7: domains[0].failover.operator.user: 'boksmon' is the exporter's own login: sudo rules "
            "are per login, so both keys could do the same"
        ),
    ),
    "operator's key": (
        domain(more=failover("{user: boksop, identity_files: [key]}")),
        (
            "7: domains[0].failover.operator.identity_files[0]: key is the exporter's own key, which could "
            "then change hosts; use another key for the operator"
        ),
    ),
    "no host may become master": (
        domain(hosts="[{name: m, promotion: never}]", more=failover("{user: boksop}")),
        "4: domains[0].hosts: promotion is never for every host: no failover can find a new master",
    ),
    "hook": (
        domain(more=failover("{user: boksop}", "      hooks: {after: [/nonexistent]}\n")),
        ("8: domains[0].failover.hooks.after: expected a program that this user can run, found '/nonexistent'"),
    ),
    "state file": (
        f"state_file: config.yaml/state\n{domain()}",
        (
            "1: state_file: cannot be written below config.yaml by this user: each restart loses the "
            "history that lag in seconds needs"
        ),
    ),
    "state file that is a directory": (
        f"state_file: .\n{domain()}",
        ("1: state_file: cannot be written by this user: .: each restart loses the history that lag in seconds needs"),
    ),
}


@pytest.mark.parametrize(("text", "warning"), CASES.values(), ids=CASES)
def test_what_works_badly_is_reported(text: str, warning: str, tmp_path: Path) -> None:
    """One warning for one cause, with the line to look at and what would be better."""
    assert [line.replace(str(tmp_path), ".") for line in warnings(tmp_path, text)] == [warning]


def test_a_long_interval_warns_about_max_age(tmp_path: Path) -> None:
    """The plugin would call a healthy exporter's report old; every limit that is shorter than two rounds is named."""
    interval, limits = warnings(tmp_path, f"poll: {{interval: 5m}}\n{domain()}")

    assert interval == (
        "1: poll.interval: one missed round makes a report older than 5m, which "
        "`boks-exporter check --url` reports as UNKNOWN; use --max-age 15m there, or a shorter interval"
    )
    assert "found lag_age (2m), stamp_age (2m), missing_age (2m)" in limits
    assert Criteria(now=0.0).max_age_seconds == PLUGINS_MAX_AGE_SECONDS


def test_a_login_without_any_key_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither the file nor the user has keys, every login fails; with an SSH configuration it may have them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    bare = "{kind: ssh, user: boksmon}"

    assert warnings(tmp_path, domain(bare)) == [
        (
            "3: domains[0].transport.identity_files: is missing, agent is false, and this user has no "
            ".ssh/id_…: every login will be refused"
        ),
        (
            "3: domains[0].transport.known_hosts: is missing, and this user has no .ssh/known_hosts: every "
            "host key will be refused"
        ),
    ]
    (tmp_path / "ssh_config").touch()
    assert warnings(tmp_path, domain(bare.replace("}", ", openssh_config: ssh_config}"))) == []


def test_an_operators_key_that_is_open_is_reported(tmp_path: Path) -> None:
    """It is not the exporter's, so it stops nothing; but somebody should close it."""
    key = tmp_path / "operator"
    key.touch(0o644)

    assert warnings(tmp_path, domain(more=failover("{user: boksop, identity_files: [operator, none]}"))) == [
        "7: domains[0].failover.operator.identity_files[0]: is accessible to other users: operator; run chmod 600 on it"
    ]


def test_the_defaults_and_the_example_need_no_warning(tmp_path: Path) -> None:
    """Who changes nothing is told nothing."""
    assert warnings(tmp_path, domain(more=failover("{user: boksop}"))) == []
    assert examine(EXAMPLES / "boks-exporter.yaml", check_files=False).warnings == ()


def test_warnings_do_not_fail_unless_that_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They stand on standard error and are counted; --strict is for a pipeline."""
    file = written(tmp_path, domain(INSECURE.replace(", known_hosts: known_hosts", "")))

    assert run(["config", "check", str(file)]) == 0
    assert capsys.readouterr() == (
        f"{file}: no fault, 1 warning; 1 domain, 2 hosts\n",
        (
            f"{file}:3: domains[0].transport.insecure_ignore_host_keys: warning: any machine that answers at an "
            "address is accepted as the host; use known_hosts instead\n"
        ),
    )
    assert run(["config", "check", "--strict", str(file)]) == 1


@pytest.mark.parametrize(
    ("program", "mode", "warned"),
    [("fence", 0o755, ""), ("fence", 0o775, "chmod go-w"), ("fence", 0o644, "can run"), ("gone", 0, "can run")],
)
def test_a_fence_that_fails_on_the_night_is_reported_by_day(
    tmp_path: Path, program: str, mode: int, warned: str
) -> None:
    """A user who can change the program acts as the operator."""
    fence = tmp_path / "fence"
    fence.touch()
    fence.chmod(mode)
    more = failover("{user: boksop}", f"      fence: {{program: [{tmp_path / program}]}}\n")
    assert [(warned in line, "failover.fence.program" in line) for line in warnings(tmp_path, domain(more=more))] == (
        [(True, True)] if warned else []
    )


def test_a_program_by_a_relative_path_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cron and an operator start in different directories."""
    monkeypatch.chdir(tmp_path)
    hook = tmp_path / "hook"
    hook.touch()
    hook.chmod(0o755)
    more = failover("{user: boksop}", "      hooks: {before: [./hook]}\n")
    assert ["an absolute path" in line for line in warnings(tmp_path, domain(more=more))] == [True]
