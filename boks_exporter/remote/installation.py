"""The files and steps that install a gate on a BoKS host."""

import base64
import binascii
import re
from typing import Final

from boks_exporter.errors import InstallationError
from boks_exporter.remote.install_texts import GUIDE, OPERATOR_GUIDE, OPERATOR_ROOT_STEPS, ROOT_STEPS
from boks_exporter.remote.settings import RemotePaths

DEFAULT_USER: Final = "boksmon"
DEFAULT_OPERATOR: Final = "boksop"
DEFAULT_GATE_PATH: Final = "/opt/boks-gate/gate.sh"
DEFAULT_OPERATOR_GATE_PATH: Final = "/opt/boks-gate/operator-gate.sh"
DEFAULT_STATE: Final = "/var/opt/boks-gate"
STDIN_WORD: Final = "request-on-stdin"
"""The one argument with which an installed gate runs itself again as root."""

_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9._+@/-]*[A-Za-z0-9._+@-]")
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_FROM: Final = re.compile(r"[A-Za-z0-9.:,*?!/_-]+")
_KEY_BODY: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_KEY_COMMENT: Final = re.compile(r"[ -~]*")


def authorized_keys_line(public_key: str, from_pattern: str, gate_path: str = DEFAULT_GATE_PATH) -> str:
    """Write the line of `authorized_keys` that ties a key to a gate and to the client's address."""
    command = checked_path(gate_path)
    return f'restrict,from="{checked_source(from_pattern)}",command="{command}" {checked_key(public_key)}\n'


def gate_conf(paths: RemotePaths, *, operator: bool = False, state: str = DEFAULT_STATE) -> str:
    """Write the configuration file next to an installed gate, with the paths of BoKS."""
    return (
        "# boks-gate.conf: where BoKS lives on this host. It belongs to root, and only root may write it.\n"
        f"BOKS_ETC={checked_path(paths.boks_etc)}\n"
        f"BOKS_VAR={checked_path(paths.boks_var)}\n"
        f"BOKSADM={checked_path(paths.boksadm)}\n"
        "# How the gate becomes root: none (the login is root), sudo or suexec.\n"
        f"PREFIX={paths.prefix}\n"
        "# Seconds after which a hanging command is ended.\n"
        f"SECTION_TIMEOUT={paths.section_timeout_seconds}\n"
        "# Polls that may be in progress on this host at the same time; more are refused (busy).\n"
        "#POLLS=8\n"
        "# The master whose ports a diagnosis checks from this host; without it, the addresses in bcastaddr.\n"
        "#MASTER=192.0.2.1\n"
        "# Whether the operator's key may change this host, and where locks and records of changes are kept.\n"
        f"OPERATOR={'yes' if operator else 'no'}\n"
        f"STATE={checked_path(state)}\n"
    )


def sudoers_lines(user: str, gate_path: str = DEFAULT_GATE_PATH) -> str:
    """Write the sudo rule of an installed gate: it runs itself as root with one fixed argument, nothing else.

    The gate as a whole is root then, not each command by itself: only root can end a command of root's that hangs,
    and sudo logs one line for each channel, not for each command.
    """
    name = checked_user(user)
    return (
        "# sudoers rule of boks-exporter for an installed gate. Check it with: visudo -cf FILE\n"
        f"Defaults:{name} !requiretty\n"
        f"{name} ALL=(root) NOPASSWD: {checked_path(gate_path)} {STDIN_WORD}\n"
    )


def sent_sudoers_lines(user: str, paths: RemotePaths) -> str:
    """Write the sudo rule for a gate that is sent along: exactly the command lines that it runs, and no other."""
    name = checked_user(user)
    commands = ", \\\n    ".join(privileged_command_lines(paths))
    return (
        "# sudoers rule of boks-exporter where the gate is sent along with each request (gate: sent).\n"
        "# Check it with: visudo -cf FILE. sudo before 1.8.20 does not know TIMEOUT: leave that word out there.\n"
        f"Cmnd_Alias BOKS_EXPORTER_READS = {commands}\n"
        f"Defaults:{name} !requiretty\n"
        f"{name} ALL=(root) TIMEOUT={paths.section_timeout_seconds} NOPASSWD: BOKS_EXPORTER_READS\n"
    )


def privileged_command_lines(paths: RemotePaths) -> tuple[str, ...]:
    """List every command line that a sent gate puts behind its prefix."""
    etc, var, boksadm = (checked_path(path) for path in (paths.boks_etc, paths.boks_var, paths.boksadm))
    return (
        f"/bin/cat {etc}/ENV",
        f"{boksadm} -S boksdiag sequence",
        f"{boksadm} -S boksdiag list",
        f"{boksadm} -S dumpbase -m",
        f"/usr/bin/wc -l {var}/boks_errlog",
        f"/usr/bin/tail -30 {var}/boks_errlog",
        f"/bin/ls -ltr {var}/data/master_spool",
        f"/usr/bin/cksum {etc}/method.conf",
        f"/bin/cat {etc}/bcastaddr",
        f"{boksadm} -S hostkey -c",
        f"{boksadm} -S hostadm -l -t BOKSREPLICA -S",
        f"{boksadm} -S boksdiag fque -master",
    )


def instructions(
    user: str, from_pattern: str, public_key: str, gate_path: str, paths: RemotePaths, *, operator: bool = False
) -> str:
    """Write the whole installation on one host, or what is added for an operator's key, with the commands to type."""
    key_line = authorized_keys_line(public_key, from_pattern, gate_path)
    directory = checked_path(gate_path).rpartition("/")[0] or "/"
    guide, root_steps = (OPERATOR_GUIDE, OPERATOR_ROOT_STEPS) if operator else (GUIDE, ROOT_STEPS)
    root_step = root_steps[paths.prefix].format(
        user=checked_user(user), gate=gate_path, rule=sudoers_lines(user, gate_path), word=STDIN_WORD
    )
    return guide.format(
        user=user,
        home=f"/var/lib/{user}",
        directory=directory,
        gate=gate_path,
        conf=f"{directory}/boks-gate.conf",
        conf_text=gate_conf(paths, operator=operator),
        state=DEFAULT_STATE,
        key_line=key_line,
        root_step=root_step,
    )


def checked_source(text: str) -> str:
    """Return a list of addresses for `from`; raises InstallationError for text that `from` cannot hold."""
    return _checked(_FROM, text, "the addresses of the exporter such as 192.0.2.10 or 192.0.2.0/28")


def _checked(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise InstallationError(f"expected {expected}, found {text!r}")
    return text


def checked_path(path: str) -> str:
    """Return a path on the hosts that needs no quotes; raises InstallationError for any other."""
    return _checked(_PLAIN_PATH, path, "an absolute path of letters, digits and . _ + @ - only")


def checked_user(user: str) -> str:
    """Return a login's name; raises InstallationError for text that is none."""
    return _checked(_USER, user, f"a login name of small letters, digits, _ and - such as {DEFAULT_USER}")


def checked_key(public_key: str) -> str:
    """Take one public key as ssh-keygen writes it; anything else would open or break authorized_keys."""
    kind, _, rest = public_key.strip().partition(" ")
    body, _, comment = rest.strip().partition(" ")
    if "PRIVATE KEY" in public_key:
        message = "expected a public key (the file that ends in .pub), found a private key: keep it on the exporter"
        raise InstallationError(message)
    if not _KEY_BODY.fullmatch(body) or not _KEY_COMMENT.fullmatch(comment) or _kind_inside(body) != kind:
        message = f"expected one public key such as 'ssh-ed25519 AAAA… comment', found {public_key.strip()[:60]!r}"
        raise InstallationError(message)
    return " ".join(part for part in (kind, body, comment.strip()) if part)


def _kind_inside(body: str) -> str | None:
    """Read the type that a key's own bytes name; None where the fields in it do not end with the key."""
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        return None
    fields = []
    while data:
        length = int.from_bytes(data[:4])
        fields.append(data[4 : 4 + length])
        if len(fields[-1]) != length:
            return None
        data = data[4 + length :]
    return fields[0].decode(errors="replace") if len(fields) > 1 else None
