"""Go the way of docs/first-domain.md with its own commands, as a new user on an empty machine, and print the times.

Run in three layers, each the last command of the one before: a mount namespace with the exporter's machine, which
installs the wheel; a network namespace without any other machine; and there three hosts with sshd on port 22.
"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "first-domain.md"
HOSTS: Final = ("master1", "replica1", "replica2")
_OWN: Final = ("opt", "root", "usr/local/bin", "var/lib", "etc")
_PATIENCE: Final = 120.0


def blocks() -> list[str]:
    """Return the shell blocks of the page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def block(containing: str) -> str:
    (found,) = [text for text in blocks() if containing in text]
    return found


def main(layer: str, directory: Path, wheel: Path) -> None:
    """Do one layer's part, and become the next one."""
    again = [sys.executable, "-m", "tests.slow.first_domain_walk"]
    if layer == "machine":
        _make_machine(directory)
        began = time.monotonic()
        _sh(block("pip install"), wheel.parent)
        (directory / "installed").write_text(str(time.monotonic() - began), encoding="utf-8")
        os.execvp("unshare", ["unshare", "-n", *again, "walk", str(directory), str(wheel)])  # noqa: S606 - becomes the walk itself
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    times = {"install": float((directory / "installed").read_text(encoding="utf-8"))}
    walk(directory, times)
    print(json.dumps(times))  # noqa: T201 - read by the test


def _make_machine(directory: Path) -> None:
    """Make the exporter's machine: a copy of /etc, and nothing under the other directories."""
    for name in _OWN:
        (directory / name).mkdir(parents=True)
    subprocess.run(["cp", "-a", "/etc/.", str(directory / "etc")], check=True)
    addresses = "".join(f"127.0.0.{number} {name}\n" for number, name in enumerate(HOSTS, 2))
    (directory / "etc/hosts").write_text(f"127.0.0.1 localhost\n{addresses}", encoding="utf-8")
    (directory / "root/.ssh").mkdir(mode=0o700)
    python = Path(sys.base_prefix)
    if python.is_relative_to("/root"):  # the interpreter stays where it is
        (directory / "root" / python.relative_to("/root")).mkdir(parents=True)
        subprocess.run(
            ["mount", "--bind", str(python), str(directory / "root" / python.relative_to("/root"))], check=True
        )
    for name in _OWN:
        subprocess.run(["mount", "--rbind", str(directory / name), f"/{name}"], check=True)
    os.environ["PATH"] = f"/usr/local/bin:{python}/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def _sh(text: str, cwd: Path, **variables: str) -> str:
    """Run a block of the page."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", **variables}
    index = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_FIND_LINKS"}
    ran = subprocess.run(
        ["sh", "-ec", text], cwd=cwd, env=environment | index, capture_output=True, text=True, timeout=600
    )
    if ran.returncode:
        message = f"{text}\nended with {ran.returncode}:\n{ran.stdout}{ran.stderr}"
        raise RuntimeError(message)
    return ran.stdout


def walk(directory: Path, times: dict[str, float]) -> None:
    """Go on from an installed program: init, gates, doctor, status, serve, Prometheus, dashboards."""
    from tests.integration.first_domain import first_domain

    with first_domain(on_port_22=True) as domain:
        _trust_roots_ssh(domain)
        with _timed(times, "init"):
            _init()
        with _timed(times, "gates"):
            said = _sh(block("for host in"), directory)
            assert said.count("done:    changed=7") == 2, said
        with _timed(times, "doctor and status"):
            said = _sh(block("boks-exporter doctor\n"), directory)
            assert " 0 failed" in said, said
            assert said.count("\nok ") > 40, said
        with _timed(times, "scrape"), _daemon(block("boks-exporter serve"), directory / "serve.log"):
            _until(lambda: 'host="replica2",state="ok"} 1.0' in _sh(block("curl"), directory))
            _prometheus(directory)


def _trust_roots_ssh(domain: Any) -> None:
    """Allow root to log in on the hosts, as the reader can."""
    directory = Path("~root/.ssh").expanduser()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / "id_ed25519")], check=True)
    domain.admit_root((directory / "id_ed25519.pub").read_text(encoding="utf-8"))
    lines = [f"127.0.0.{n},{name} {domain.public_keys[name]}" for n, name in enumerate(HOSTS, 2)]
    (directory / "known_hosts").write_text("".join(lines), encoding="utf-8")


def _init() -> None:
    """Answer as the page says; the gate is installed on the master while the question is open."""
    terminal = _Terminal(block("boks-exporter init\n"))
    terminal.answer("The master", "master1")
    terminal.answer("A name for the domain", "prod")
    terminal.answer("Jump hosts on the way", "")
    terminal.answer("Is it the same?", "y")
    terminal.wait("Is it installed now?")
    said = _sh(block("ssh root@master1"), Path("/"))
    assert "done:    changed=7" in said, said
    terminal.send("y")
    for _ in HOSTS[1:]:
        terminal.answer("Is it the same?", "y")
    said = terminal.end()
    assert "/etc/boks-exporter/config.yaml" in said, said
    for name in HOSTS[1:]:
        assert re.search(rf"failed\s+{name}\s+login", said), said


class _Terminal:
    """A command with a person at it."""

    def __init__(self, command: str) -> None:
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
            os.execve("/bin/sh", ["sh", "-c", command], environment)  # noqa: S606 - becomes the shell itself
        self._said = ""

    def answer(self, question: str, text: str) -> None:
        self.wait(question)
        self.send(text)

    def wait(self, question: str) -> None:
        """Read until a question that has not been answered yet."""
        deadline = time.monotonic() + _PATIENCE
        while question not in self._said:
            if time.monotonic() > deadline or not self._read():
                message = f"{question!r} was not asked:\n{self._said}"
                raise RuntimeError(message)

    def send(self, text: str) -> None:
        self._said = ""
        os.write(self._terminal, f"{text}\n".encode())

    def end(self) -> str:
        while self._read():
            pass
        os.waitpid(self._pid, 0)
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self._said)

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], _PATIENCE)[0]:
            return False
        try:
            text = os.read(self._terminal, 65536).decode(errors="replace")
        except OSError:  # the other end of a terminal is closed
            return False
        self._said += text
        return bool(text)


@contextmanager
def _daemon(command: str, log: Path) -> Iterator[None]:
    environment = {"PATH": os.environ["PATH"], "HOME": "/root"}
    with log.open("wb") as output:
        shell = f". /etc/boks-exporter/environment; exec {command}"
        process = subprocess.Popen(["sh", "-c", shell], env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _prometheus(directory: Path) -> None:
    """Run Prometheus on the configuration that the page shows, until doctor is content with it."""
    _sh(block("boks-exporter rules"), directory)
    (shown,) = re.findall(r"^```yaml\n(rule_files.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    job = Path("/etc/boks-exporter/prometheus-job.yml")
    job.write_text(
        re.sub(r"scrape_interval: .*", "scrape_interval: 1s", job.read_text(encoding="utf-8")), encoding="utf-8"
    )
    job.write_text(re.sub(r'"[^"]+:16500"', '"localhost:16500"', job.read_text(encoding="utf-8")), encoding="utf-8")
    config = directory / "prometheus.yml"
    config.write_text(shown + job.read_text(encoding="utf-8"), encoding="utf-8")
    command = f"prometheus --config.file={config} --storage.tsdb.path={directory / 'data'}"
    check = block("--prometheus").replace(" --alertmanager http://localhost:9093", "").strip()
    with _daemon(command, directory / "prometheus.log"):
        _until(lambda: " 0 failed" in _sh(f". /etc/boks-exporter/environment; {check} || true", directory))
        _dashboards(directory)


def _dashboards(directory: Path) -> None:
    """Provision the dashboards as the page says, and ask this Prometheus for every panel where Grafana would look."""
    _sh(block("dashboards"), directory)
    provider = Path("/etc/grafana/provisioning/dashboards/boks.yaml").read_text(encoding="utf-8")
    (place,) = re.findall(r"^ +path: (\S+)$", provider, re.MULTILINE)
    files = [*Path(place).glob("*.json")]
    assert len(files) == 3
    panels = [panel for file in files for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]]
    expressions = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    found = [_ask(re.sub(r"\$(?!__)\w+", ".*", text).replace("$__rate_interval", "2m")) for text in expressions]
    assert sum(map(bool, found)) > len(found) / 2, f"{sum(map(bool, found))} of {len(found)} have data"


def _ask(expression: str) -> list[object]:
    """Ask Prometheus; a query that it refuses raises an error."""
    query = urlencode({"query": expression})
    with urlopen(f"http://localhost:9090/api/v1/query?{query}", timeout=30) as answer:
        return json.load(answer)["data"]["result"]  # type: ignore[no-any-return]  # JSON


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            if is_so():
                return
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            message = "what the page promises did not come"
            raise RuntimeError(message)
        time.sleep(0.5)


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    times[name] = round(time.monotonic() - began, 1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
