"""Wrong usage of every command: each option refuses what it cannot mean, by name, with exit code 2."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from boks_exporter.cli.root_command import program, run
from tests.unit.cli_replays import healthy, write

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r exporter\n"
URL = "--url=http://127.0.0.1:1"
INSTALL = "gate install --from=192.0.2.1 --public-key={key}"
START = "maintenance start --config.file={config} MASTER --for=1h --reason=x"
PATH = "expected an absolute path of letters, digits and . _ + @ - only, found 'x y'"
DURATION = "expected a duration such as 30s, 5m or 1h30m, found 'x'"
RANGE = "expected a range [@][start:][end] such as 10, 10:, ~:10, 10:20 or @10:20, found 'x'"
LISTEN = "expected host:port, :port or [::]:port, the port from 0 (any free one) to 65535, found 'x'"
NO_DOMAIN = "no domain x in {config}; expected one of: prod"
NEEDS_URL = "expected --url as well: without it, it has no effect"

CASES = [
    ("serve", "--web.listen-address=x", LISTEN),
    ("serve", "--web.telemetry-path=x", "expected a path such as /metrics, found 'x'"),
    ("serve", "--web.external-url=x", "expected a URL such as https://monitor.example.com/boks/, found 'x'"),
    ("serve", "--web.route-prefix={{x}}", "expected a path such as /boks, found '{{x}}'"),
    ("serve", "--log.level=x", "'x' is not one of 'debug', 'info', 'warning', 'error'"),
    ("serve", "--log.format=x", "'x' is not one of 'logfmt', 'json'"),
    ("status", "--url=x", "expected a URL such as http://monitor:16500, found 'x'"),
    ("status", "--domain=x", NO_DOMAIN),
    ("status", "--username=x", NEEDS_URL),
    (f"status {URL}", "--username=x:y", "expected a name without a colon, found 'x:y'"),
    ("status", "--password-file=x", NEEDS_URL),
    ("status", "--ca-file=x", NEEDS_URL),
    ("status", "--client-certificate=x", NEEDS_URL),
    ("status", "--insecure-ignore-certificate", NEEDS_URL),
    (f"status {URL}", "--client-key=x", "expected --client-certificate as well"),
    ("status", "--timeout=x", DURATION),
    ("status", "--output=x", "'x' is not one of 'table', 'json'"),
    ("check", "--warning-lag=x", RANGE),
    ("check", "--critical-lag=x", RANGE),
    ("check", "--warning-lag-seconds=x", RANGE),
    ("check", "--warning-lag-seconds=1", NEEDS_URL),
    ("check", "--critical-lag-seconds=x", RANGE),
    ("check", "--critical-lag-seconds=1", NEEDS_URL),
    ("check", "--warning-ahead=x", RANGE),
    ("check", "--critical-ahead=x", RANGE),
    ("check", "--max-age=x", DURATION),
    ("check", "--output=x", "'x' is not one of 'text', 'json'"),
    ("record DIRECTORY", "--domain=x", NO_DOMAIN),
    ("record DIRECTORY", "--every=x", DURATION),
    ("record DIRECTORY", "--sample=X", "expected a release such as 6.7.1, of a-z, 0-9, dot and dash, found 'X'"),
    ("fit", "--domain=x", NO_DOMAIN),
    ("failover candidates", "--domain=x", NO_DOMAIN),
    ("failover candidates", "--output=x", "'x' is not one of 'text', 'json'"),
    ("failover history", "--limit=0", "0 is not in the range 1<=x<=10000"),
    ("failover promote MASTER", "--accept=x", "'x' is not one of 'unknown_host'"),
    ("failover promote MASTER", "--apply=x", "expected a fingerprint of 16 hexadecimal digits, found 'x'"),
    ("failover forget RUN", "--reason= ", "expected a text, found none"),
    (START, "--for=x", DURATION),
    (START, "--reason= ", "expected a text, found none"),
    (INSTALL, "--from=x y", "expected the addresses of the exporter such as 192.0.2.10 or 192.0.2.0/28, found 'x y'"),
    (INSTALL, "--user=x y", "expected a login name of small letters, digits, _ and - such as boksmon, found 'x y'"),
    (INSTALL, "--gate-path=x y", PATH),
    (INSTALL, "--boks-etc=x y", PATH),
    (INSTALL, "--boks-var=x y", PATH),
    (INSTALL, "--boksadm=x y", PATH),
    (INSTALL, "--prefix=x", "'x' is not one of 'none', 'sudo', 'suexec'"),
    (INSTALL, "--section-timeout=x", DURATION),
    (INSTALL, "--section-timeout=1.5s", "expected whole seconds between 1s and 1h, found '1.5s'"),
    (INSTALL, "--section-timeout=2h", "expected whole seconds between 1s and 1h, found '2h'"),
    (INSTALL, "--only=x", "'x' is not one of 'authorized_keys', 'boks-gate.conf', 'sudoers', 'sudoers-sent'"),
    ("gate installer --from=192.0.2.1 --public-key={key}", "--keys-file=x y", PATH),
    ("rules DIRECTORY", "--runbook-url=x", "expected an address such as https://wiki.example.net/boks, found 'x'"),
    (
        "rules DIRECTORY",
        "--runbook-base-url=x",
        "expected an address such as https://wiki.example.net/boks, found 'x'",
    ),
    ("rules DIRECTORY", "--job=a b", "expected a job name of letters, digits and _ . : / -, found 'a b'"),
    ("init --unattended", "--master=x y", "expected NAME, NAME=ADDRESS or NAME=ADDRESS:PORT such as master1=192.0.2.1"),
    ("init --unattended", "--host=a=b:99999", "found 'a=b:99999'"),
    ("init --unattended", "--fingerprint=MD5:x", "as ssh-keygen -lf prints it, found 'MD5:x'"),
    ("init --unattended", "--jump-host=a b", "expected [user@]host[:port], several separated by commas"),
    ("init --unattended", "--address-template=x", "expected an address with {{name}} in it"),
    ("init --unattended", "--directory={key}", "is a file"),
    ("init --unattended", "--state-directory={key}", "is a file"),
    ("init --unattended --master=m", "--domain= ", "expected a text, found none"),
    ("status", "--interval=x", DURATION),
    ("events --url http://127.0.0.1:1", "--since=x", DURATION),
    ("doctor", "--prometheus=x", "expected a URL such as http://prometheus:9090, without user and password, found 'x'"),
    ("doctor", "--alertmanager=http://a:b@c", "expected a URL such as http://prometheus:9090, without user"),
    ("demo", "--listen=x", LISTEN),
    ("demo", "--scenario=x", "'x' is not one of 'tour', 'calm'"),
    ("demo", "--seed=x", "'x' is not a valid integer"),
    ("demo", "--duration=x", DURATION),
]
"""A command, what is wrong with it, and what it says of that."""

FILES = {"--known-hosts", "--knowledge", "--config.file", "--web.config.file", "--public-key"}
"""Whether a file is usable is reported when it is read, with exit code 1."""

NAMES = {"--dead", "--host", "--inject"}
"""Whether there is such a host in the report, or such a step in the plan, shows only when it is looked for."""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files that the commands need; one that would reach further is stopped before."""
    config = write(tmp_path, healthy())
    key = tmp_path / "id.pub"
    key.write_text(KEY, encoding="utf-8")
    monkeypatch.setenv("BOKS_EXPORTER_CONFIG_FILE", str(config))
    return {"config": str(config), "key": str(key)}


@pytest.mark.parametrize(("command", "option", "message"), CASES)
def test_a_value_that_cannot_be_meant_is_wrong_usage(
    command: str, option: str, message: str, words: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The option is named, with what was expected and found; `check` says the same as a plugin, with 3."""
    code = run([*command.format(**words).split(), option.format(**words)])
    out, err = capsys.readouterr()

    said = " ".join((out + err).split())
    assert message.format(**words) in said
    assert option.partition("=")[0] in said or "fingerprint" in said
    assert code == (3 if command == "check" else 2)


def test_a_wrong_value_in_the_environment_is_reported_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the variable, so that it is not looked for on the command line."""
    monkeypatch.setenv("BOKS_EXPORTER_WEB_EXTERNAL_URL", "x")

    assert run(["serve"]) == 2
    assert "(env var: 'BOKS_EXPORTER_WEB_EXTERNAL_URL'): expected a URL" in capsys.readouterr().err


def test_every_option_with_a_value_is_tried() -> None:
    """An option that is added and believes anything is noticed here; click itself refuses what is none of its words."""
    tried = {option.partition("=")[0] for _, option, _ in CASES}

    assert set(options_of(program)) - FILES - NAMES <= tried


def options_of(command: click.Command) -> Iterator[str]:
    """Go through the options with a value of some kind, of a command and of all below it, by their long names."""
    context = click.Context(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from options_of(below)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not (parameter.is_flag or isinstance(parameter.type, click.Choice)):
            yield max(parameter.opts, key=len)


def _paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            if (below := command.get_command(click.Context(command), name)) is not None:
                yield from _paths(below, (*path, name))


COMMANDS = {path: command for path, command in _paths(program) if path}
LONG_OPTIONS = [
    (path, option)
    for path, command in COMMANDS.items()
    for parameter in command.params
    if isinstance(parameter, click.Option) and not parameter.hidden
    for option in parameter.opts
    if len(option) > 4
]


def misspelt(option: str) -> str:
    """Double the last letter but one."""
    return option[:-1] + option[-2] + option[-1]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_mistyped_command_is_answered_with_the_right_one(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """At every level, in capitals, and also where commands are loaded only on use."""
    *above, name = path
    assert run([*above, f"{name}x".upper()]) == 2
    hint = capsys.readouterr().err.rpartition("Did you mean")[2]
    assert f"'{name}'" in hint
    assert "<" not in hint


@pytest.mark.parametrize(
    ("path", "option"), LONG_OPTIONS, ids=[f"{' '.join(path)} {opt}" for path, opt in LONG_OPTIONS]
)
def test_a_mistyped_option_is_answered_with_the_right_one(
    path: tuple[str, ...], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every option of every command; a plugin says it in its one line."""
    assert run([*path, misspelt(option)]) == (3 if path[-1] == "check" and path[0] != "config" else 2)
    shown = capsys.readouterr()
    assert f"'{option}'" in (shown.out + shown.err).rpartition("Did you mean")[2]
