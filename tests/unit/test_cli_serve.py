"""`boks-exporter serve` and `demo`: what the flags, the environment and the defaults make of their options."""

from pathlib import Path

import pytest

from boks_exporter.app.options import LogFormat, ServeOptions
from boks_exporter.cli.root_command import run
from boks_exporter.demo.options import DemoOptions
from boks_exporter.errors import ConfigError, ListenError, Problem

FLAGS = (
    "--config.file=c.yaml",
    "--web.listen-address=127.0.0.1:1",
    "--web.listen-address=[::1]:2",
    "--web.config.file=w.yaml",
    "--web.telemetry-path=/m",
    "--web.external-url=https://x/boks",
    "--web.route-prefix=/r",
    "--web.enable-lifecycle",
    "--log.level=debug",
    "--log.format=json",
)
BY_FLAG = ServeOptions(
    config_file=Path("c.yaml"),
    listen_addresses=("127.0.0.1:1", "[::1]:2"),
    web_config_file=Path("w.yaml"),
    telemetry_path="/m",
    external_url="https://x/boks",
    route_prefix="/r",
    enable_lifecycle=True,
    log_level="debug",
    log_format=LogFormat.JSON,
)
ENVIRONMENT = {
    "BOKS_EXPORTER_CONFIG_FILE": "ec.yaml",
    "BOKS_EXPORTER_WEB_LISTEN_ADDRESS": "127.0.0.1:3 127.0.0.1:4",
    "BOKS_EXPORTER_WEB_CONFIG_FILE": "ew.yaml",
    "BOKS_EXPORTER_WEB_TELEMETRY_PATH": "/em",
    "BOKS_EXPORTER_WEB_EXTERNAL_URL": "https://y/boks",
    "BOKS_EXPORTER_WEB_ROUTE_PREFIX": "/er",
    "BOKS_EXPORTER_WEB_ENABLE_LIFECYCLE": "true",
    "BOKS_EXPORTER_LOG_LEVEL": "warning",
    "BOKS_EXPORTER_LOG_FORMAT": "json",
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ServeOptions]:
    """What the daemon would have been started with."""
    for variable in ENVIRONMENT:
        monkeypatch.delenv(variable, raising=False)
    seen: list[ServeOptions] = []

    def serve(options: ServeOptions) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr("boks_exporter.app.serve.serve", serve)
    return seen


def test_without_flags_the_defaults_hold(served: list[ServeOptions]) -> None:
    """The port is 16500 on all addresses, the configuration where packages put it."""
    assert run(["serve"]) == 0

    assert served == [ServeOptions(config_file=Path("/etc/boks-exporter/config.yaml"))]


def test_every_flag_arrives(served: list[ServeOptions]) -> None:
    """Each flag sets its option; an address may be repeated."""
    assert run(["serve", *FLAGS]) == 0

    assert served == [BY_FLAG]


def test_every_flag_has_its_variable(served: list[ServeOptions], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment sets each option; several addresses are separated by blanks."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    assert run(["serve"]) == 0

    assert served == [
        ServeOptions(
            config_file=Path("ec.yaml"),
            listen_addresses=("127.0.0.1:3", "127.0.0.1:4"),
            web_config_file=Path("ew.yaml"),
            telemetry_path="/em",
            external_url="https://y/boks",
            route_prefix="/er",
            enable_lifecycle=True,
            log_level="warning",
            log_format=LogFormat.JSON,
        )
    ]


def test_a_flag_wins_over_its_variable(served: list[ServeOptions], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed counts; a switch can be typed off, too."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    assert run(["serve", *FLAGS]) == 0
    assert run(["serve", "--no-web.enable-lifecycle"]) == 0

    assert served[0] == BY_FLAG
    assert not served[1].enable_lifecycle


@pytest.mark.parametrize("flag", ["--log.level=loud", "--log.format=xml", "--listen=:1"])
def test_wrong_usage_is_2(served: list[ServeOptions], flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that is not understood starts nothing."""
    assert run(["serve", flag]) == 2

    assert served == []
    assert "Error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ConfigError((Problem("c.yaml", 3, "poll", "is missing"), Problem("c.yaml", 4, "", "is wrong"))),
            "c.yaml:3: poll: is missing\nc.yaml:4: is wrong\n",
        ),
        (ListenError(":16500", "address in use"), "Error: cannot listen on :16500: address in use\n"),
    ],
)
def test_what_prevents_the_start_is_reported(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An expected error is a message on standard error and code 1, without a traceback."""

    def serve(_: ServeOptions) -> int:
        raise error

    monkeypatch.setattr("boks_exporter.app.serve.serve", serve)

    assert run(["serve"]) == 1
    assert capsys.readouterr().err == message


def test_the_demo_takes_its_options(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Defaults are the demo's own; a scenario that does not exist is wrong usage, and those that do are named."""
    seen: list[DemoOptions] = []

    def demo(options: DemoOptions) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr("boks_exporter.demo.demo.demo", demo)

    assert run(["demo"]) == 0
    assert run(["demo", "--listen", "127.0.0.1:0", "--scenario", "calm", "--seed", "7", "--duration", "2m"]) == 0
    assert run(["demo", "--scenario", "none"]) == 2

    assert seen == [
        DemoOptions(),
        DemoOptions(listen="127.0.0.1:0", scenario="calm", seed=7, duration_seconds=120.0),
    ]
    assert "'calm'" in capsys.readouterr().err
