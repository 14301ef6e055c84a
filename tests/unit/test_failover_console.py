"""The script for the console, run by a real shell on made-up files."""

import os
import subprocess
from pathlib import Path

import pytest

from boks_exporter import remote as gate
from boks_exporter.failover.runner.console import retire_script
from boks_exporter.remote.settings import RemotePaths

RUN = "20261124-201512-retire-3f9a01c7"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Make the files of an old master; its boksadm changes ENV as BoKS does, and `uname` names it."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "var" / "data").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc" / "ENV").write_text("# BOKSINIT=client\nexport BOKSINIT=master\n")
    for name in ("tab1.dat", "tab6.dat", "sequence", "master_spool"):
        (tmp_path / "var" / "data" / name).write_text(name)
    boksadm = tmp_path / "bin" / "boksadm"
    boksadm.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/said\n'
        f'case "$*" in *convert*) echo "export BOKSINIT=client" >{tmp_path}/etc/ENV ;; esac\n'
    )
    uname = tmp_path / "bin" / "uname"
    uname.write_text("#!/bin/sh\necho MASTER1.example.net\n")
    for program in (boksadm, uname):
        program.chmod(0o755)
    return tmp_path


def typed(host: Path, name: str = "master1", own_name: str = "") -> subprocess.CompletedProcess[str]:
    """Type the script at the console."""
    paths = RemotePaths(boks_etc=str(host / "etc"), boks_var=str(host / "var"), boksadm=str(host / "bin" / "boksadm"))
    script = retire_script(RUN, name, 1, paths, own_name)
    path = f"{host / 'bin'}:/usr/bin:/bin"
    return subprocess.run(["sh"], input=script, env={"PATH": path}, capture_output=True, text=True)


def files(host: Path) -> list[str]:
    data = host / "var" / "data"
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())


def test_it_makes_a_client_and_moves_the_database_aside(host: Path) -> None:
    """Nothing is deleted, and nothing else is touched."""
    assert typed(host).returncode == 0
    assert files(host) == [
        "master_spool",
        f"removed-{RUN}.1/manifest.{RUN}",
        f"removed-{RUN}.1/sequence",
        f"removed-{RUN}.1/tab1.dat",
        f"removed-{RUN}.1/tab6.dat",
    ]
    assert (host / "said").read_text() == "-S convert -v client\n-S Boot -k\n"


def test_it_can_be_run_again(host: Path) -> None:
    """A second time it finds everything done, and ends as the first time."""
    assert typed(host).stdout == typed(host).stdout
    assert (host / "said").read_text().count("convert") == 1


def test_it_stops_on_the_wrong_host(host: Path) -> None:
    """A script that is pasted into the wrong window changes nothing."""
    ended = typed(host, "master2")
    assert (ended.stdout, ended.returncode) == ("STOP: this is master1, expected master2\n", 1)
    assert "sequence" in files(host)
    assert not (host / "said").exists()


def test_it_expects_the_name_by_which_the_machine_called_itself(host: Path) -> None:
    """The configuration may use another: a script that always stops would be edited by hand at night."""
    assert typed(host, "db7", "Master1.example.net").returncode == 0
    assert typed(host, "db7", "other").stdout == "STOP: this is master1, expected other\n"
    assert typed(host, "master1", "other").stdout == "STOP: this is master1, expected other\n"


def test_it_stops_where_the_conversion_did_not_work(host: Path) -> None:
    """No database is moved on a host that still says master, and it does not end well."""
    (host / "bin" / "boksadm").write_text("#!/bin/sh\nexit 0\n")
    ended = typed(host)
    assert ended.stdout.startswith("STOP: ")
    assert "does not say BOKSINIT=client" in ended.stdout
    assert "sequence" in files(host)


@pytest.mark.parametrize(
    "env",
    [
        "OLD_BOKSINIT=client\nBOKSINIT=master\n",
        "BOKSINIT=client\nBOKSINIT=master\n",
        "BOKSINIT=clientele\n",
        "  # BOKSINIT=client\nexport BOKSINIT='master'\n",
    ],
)
def test_it_reads_the_role_as_the_gate_does(host: Path, env: str) -> None:
    """Anchored, the last line counts, the whole word: such a host is still a master, and it does not end well."""
    (host / "etc" / "ENV").write_text(env)
    (host / "bin" / "boksadm").write_text("#!/bin/sh\nexit 0\n")
    ended = typed(host)
    assert ended.stdout.startswith("STOP: "), ended
    assert "sequence" in files(host)


@pytest.mark.parametrize("env", ['\texport  BOKSINIT="client"\n', "BOKSINIT=master\nBOKSINIT=client # was master\n"])
def test_it_takes_a_client_for_one_in_every_form_that_the_gate_reads(host: Path, env: str) -> None:
    """Nothing is converted a second time."""
    (host / "etc" / "ENV").write_text(env)
    assert typed(host).returncode == 0
    assert "convert" not in (host / "said").read_text()


def test_it_overwrites_nothing_that_lies_aside(host: Path) -> None:
    """A file that appeared again after the first time is not moved over the first one."""
    typed(host)
    (host / "var" / "data" / "tab1.dat").write_text("another")
    ended = typed(host)
    assert ended.stdout.startswith("STOP: ")
    assert (host / "var" / "data" / f"removed-{RUN}.1" / "tab1.dat").read_text() == "tab1.dat"


FORMS = [
    "BOKSINIT=client2",
    "BOKSINIT=client-old",
    "BOKSINIT=client.old",
    "BOKSINIT=client_",
    "BOKSINIT=client\r",
    "BOKSINIT='client'; export BOKSINIT",
    "BOKSINIT=client;export BOKSINIT",
    "BOKSINIT=''client",
    "BOKSINIT= client",
    "BOKSINIT =client",
    "exportBOKSINIT=client",
    "\texport \texport BOKSINIT=client",
    "SHM_SIZE=16000 BOKSINIT=client",
    "BOKSINIT=Client",
    "BOKSINIT=client\nBOKSINIT=",
    "BOKSINIT=client\n#BOKSINIT=master",
    "BOKSINIT=server\nexport BOKSINIT=client",
]
LAST_LINES = [
    b"BOKSINIT=client\nBOKSINIT=",
    b"BOKSINIT=client\nBOKSINIT=' master",
    b"BOKSINIT=client # caf\xe9\n",
    b"BOKSINIT=client # caf\xe9\nBOKSINIT=master # caf\xe9",
    b"BOKSINIT=client\0\n",
    b"BOKSINIT=cli\xe9ent",
    b"\xef\xbb\xbfBOKSINIT=client",
    b"BOKSINIT=\\\nclient",
]
"""Forms in which the end of the file, or bytes that are no text, matter."""


def gate_roles(texts: list[bytes]) -> list[str]:
    """Return the role that the operator's gate reads from each text, by the gate's own functions."""
    source = Path(gate.__file__).with_name("gate-operator.sh").read_text()
    functions = source[source.index("read_env() {") : source.index("# -- whether a TCP port")]
    read = 'role=; while IFS= read -r line || [ -n "$line" ]; do take_line; done; echo "=$role"'
    shown = ("".join(f"\\{byte:03o}" for byte in text) for text in texts)
    script = "\n".join((functions, "nl=x tab=$(printf '\\t')", *(f"printf '{text}' | ( {read} )" for text in shown)))
    ended = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True)
    return [line.removeprefix("=") for line in ended.stdout.splitlines()]


def test_it_takes_a_client_for_one_exactly_where_the_gate_does(host: Path) -> None:
    (host / "bin" / "boksadm").write_text("#!/bin/sh\nexit 0\n")
    texts = [*(f"{text}\n".encode() for text in FORMS), *LAST_LINES]
    found = []
    for text in texts:
        (host / "etc" / "ENV").write_bytes(text)
        found.append((text, typed(host).returncode == 0))
    assert found == [(text, role == "client") for text, role in zip(texts, gate_roles(texts), strict=True)]
    assert [text for text, is_client in found if is_client] == [
        b"BOKSINIT=client\r\n",
        b"BOKSINIT='client'; export BOKSINIT\n",
        b"BOKSINIT=client;export BOKSINIT\n",
        b"\texport \texport BOKSINIT=client\n",
        b"BOKSINIT=client\n#BOKSINIT=master\n",
        b"BOKSINIT=server\nexport BOKSINIT=client\n",
        b"BOKSINIT=client # caf\xe9\n",
        b"BOKSINIT=client\0\n",
    ]


@pytest.mark.parametrize("odd", ["link", "dangling link", "directory", "fifo", "link aside"])
def test_it_does_not_end_well_with_what_is_no_plain_file(host: Path, odd: str) -> None:
    """The host is a client by then; what is odd is named, and nothing is lost."""
    data = host / "var" / "data"
    (host / "elsewhere").mkdir()
    (host / "elsewhere" / "tab8.dat").write_text("a table")
    file = data / "tab8.dat"
    if odd == "directory":
        file.mkdir()
    elif odd == "fifo":
        os.mkfifo(file)
    elif odd == "link aside":
        file = data / f"removed-{RUN}.1"
        file.symlink_to(host / "elsewhere")
    else:
        file.symlink_to(host / "elsewhere" / ("tab8.dat" if odd == "link" else "nothing"))
    ended = typed(host)
    assert (ended.stdout.startswith(f"STOP: {file} is"), ended.returncode) == (True, 1)
    assert "client" in (host / "etc" / "ENV").read_text()
    assert (host / "elsewhere" / "tab8.dat").read_text() == "a table"
    assert os.path.lexists(file)


def test_what_it_has_moved_in_part_is_no_whole_database(host: Path) -> None:
    """The gate takes a database for partial as long as a manifest is there; of all removals once nothing is left."""
    data = host / "var" / "data"
    (data / "removed-R1.3").mkdir()
    (data / "removed-R1.3" / "manifest").touch()
    (host / "bin" / "mv").write_text('#!/bin/sh\ncase "$1" in *tab6.dat) exit 1 ;; esac\nexec /bin/mv "$@"\n')
    (host / "bin" / "mv").chmod(0o755)
    assert typed(host).stdout.startswith("STOP: cannot move ")
    assert (data / f"removed-{RUN}.1" / "manifest").exists()
    (host / "bin" / "mv").unlink()
    assert typed(host).returncode == 0
    assert list(data.glob("removed-*/manifest")) == []
