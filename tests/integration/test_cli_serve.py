"""`boks-exporter serve` as a process, and `status` and `check` that ask it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests.unit.cli_replays import published, write

PROGRAM = (sys.executable, "-m", "boks_exporter")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("BOKS_EXPORTER_")}


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run the daemon; the block gets its URL from its own log."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--web.listen-address=127.0.0.1:0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT | environment,
    )
    try:
        yield process, _url(process)
    finally:
        process.kill()
        process.communicate()


def _url(process: "subprocess.Popen[str]") -> str:
    assert process.stderr
    printed = []
    for line in process.stderr:
        printed.append(line)
        if "listening" in line and (match := re.search(r"https?://[^\s\"]+", line)):
            return match[0].rstrip("/")
    raise AssertionError("".join(printed))


def asked(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, env=ENVIRONMENT | environment)


def status_once_seen(url: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Ask until the first round is over."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        ended = asked("status", "--url", url, "--output", "json", *arguments, **environment)
        if ended.returncode == 0 and json.loads(ended.stdout)["domains"]:
            return ended
        time.sleep(0.1)
    raise AssertionError(ended.stdout + ended.stderr)


def test_a_running_exporter_shows_what_a_poll_shows(tmp_path: Path) -> None:
    """Table, JSON and plugin say the same, whether they look themselves or ask."""
    config = str(write(tmp_path, published()))
    with serving(f"--config.file={config}", "--web.route-prefix=/boks") as (process, url):
        theirs = json.loads(status_once_seen(url).stdout)
        ours = json.loads(asked("status", "--output", "json", "--config.file", config).stdout)
        by_url, by_poll = (
            asked("check", "--timeout=100s", *source) for source in (("--url", url), ("--config.file", config))
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    def essence(report: dict[str, Any]) -> list[object]:
        return [
            (found["domain"], found["state"], [(host["host"], host["state"]) for host in found["hosts"]])
            for found in report["domains"]
        ]

    assert essence(theirs) == essence(ours)
    assert by_url.returncode == by_poll.returncode == 2
    assert by_url.stdout.splitlines()[0] == by_poll.stdout.splitlines()[0]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signs itself, and its key, in one directory."""
    directory = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=exporter"
        f" -addext subjectAltName=IP:127.0.0.1 -keyout {directory}/key.pem -out {directory}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return directory


def test_tls_and_passwords_are_minded(tmp_path: Path, certificate: Path) -> None:
    """Without trust or password nothing is shown, and the message says which option is missing."""
    web_config = certificate / "web.yaml"
    secret = bcrypt.hashpw(b"word", bcrypt.gensalt(4)).decode()
    web_config.write_text(
        f"tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{ops: {secret}}}\n",
        encoding="utf-8",
    )
    config = str(write(tmp_path, published()))
    with serving(f"--config.file={config}", f"--web.config.file={web_config}") as (_, url):
        trusting = ("--ca-file", str(certificate / "cert.pem"))
        seen = status_once_seen(url, *trusting, "--username", "ops", BOKS_EXPORTER_PASSWORD="word")
        untrusted = asked("status", "--url", url)
        anonymous = asked("status", "--url", url, *trusting)
        wrong = asked(
            "check", "--timeout=100s", "--url", url, *trusting, "--username", "ops", BOKS_EXPORTER_PASSWORD="other"
        )
        careless = asked("status", "--url", url, "--insecure-ignore-certificate")

    assert url.startswith("https://")
    assert json.loads(seen.stdout)["domains"][0]["state"] == "degraded"
    assert untrusted.stderr.startswith(f"Error: {url}: its certificate is not trusted: ")
    assert anonymous.stderr == f"Error: {url}: it requires a user and password: use --username and --password-file\n"
    assert wrong.stdout == f"BOKS UNKNOWN - {url}: it rejects this user and password\n"
    assert careless.stderr == anonymous.stderr
    assert [untrusted.returncode, anonymous.returncode, wrong.returncode] == [1, 1, 3]


def test_a_faulty_configuration_starts_nothing(tmp_path: Path) -> None:
    """All faults are told, without a traceback, and the code is 1."""
    config = tmp_path / "config.yaml"
    config.write_text("poll: {interval: 5}\ndomains: []\n", encoding="utf-8")

    ended = asked("serve", f"--config.file={config}")

    assert ended.returncode == 1
    assert ended.stderr == (
        f"{config}:1: poll.interval: expected a duration such as 30s, 5m or 1h30m, found 5\n"
        f"{config}:2: domains: expected at least one entry\n"
    )


def test_a_port_that_is_taken_is_reported(tmp_path: Path) -> None:
    """The second exporter on a port says which, and ends."""
    config = str(write(tmp_path, published()))
    with serving(f"--config.file={config}") as (_, url):
        address = url.removeprefix("http://")
        ended = asked("serve", f"--config.file={config}", f"--web.listen-address={address}")

    assert ended.returncode == 1
    assert f"event=cannot_listen address={address} " in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_the_log_is_json_where_the_environment_asks_for_it(tmp_path: Path) -> None:
    """Each line is an object."""
    config = str(write(tmp_path, published()))
    with serving(f"--config.file={config}", BOKS_EXPORTER_LOG_FORMAT="json") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
        assert process.stderr
        assert [json.loads(line)["level"] for line in process.stderr if line.strip()][-1] in {"info", "warning"}
