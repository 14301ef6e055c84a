"""What each party can send, and what happens beyond it: the table of docs/security.md, from the program's limits."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.config.settings import DomainSettings, PollSettings
from boks_exporter.config.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from boks_exporter.health import Thresholds
from boks_exporter.parsing.text_lines import MOST_READ
from boks_exporter.poller.state_database import MAX_BYTES as STATE_BYTES
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.host_text import MESSAGE_CHARACTERS
from boks_exporter.transport.ssh.flood import REPLIES_IN_A_WINDOW
from boks_exporter.transport.ssh.received import LOGIN_BYTES
from boks_exporter.transport.ssh.resolver import CONCURRENT_LOOKUPS, LOOKUP_SECONDS
from boks_exporter.web.acceptor import MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS
from boks_exporter.web.guarded_connection import HEAD_SECONDS, STALLED_SECONDS
from boks_exporter.web.rate_limit import AT_A_TIME, SAME_HOST_SECONDS
from boks_exporter.web.request_head import MAX_BODY_BYTES, MAX_FIELDS, MAX_HEAD_BYTES, MAX_LINE_BYTES
from boks_exporter.web.security.passwords import QUEUE, QUEUE_OF_THE_SAME, QUEUE_PER_ADDRESS

_MEBIBYTE: Final = 1024 * 1024
_KIBIBYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class PartyLimit:
    """One kind of input; `name` is that of its test."""

    name: str
    party: str
    what: str
    bound: str
    beyond: str


_POLL: Final = PollSettings()
_SSH: Final = SshSettings(user="boksmon")
_DOMAIN: Final = DomainSettings(name="prod", transport=_SSH, hosts=(), thresholds=Thresholds())

LIMITS: Final = (
    PartyLimit(
        name="reply",
        party="a host",
        what="a reply",
        bound=f"{_SSH.max_reply_bytes // _MEBIBYTE} MiB (`max_reply`)",
        beyond="the poll fails (`too_large`); no other host is concerned",
    ),
    PartyLimit(
        name="flood",
        party="a host",
        what="packets of any kind, between polls too",
        bound=f"{REPLIES_IN_A_WINDOW} largest replies within an interval",
        beyond="the connection is closed and reported (`too_large`)",
    ),
    PartyLimit(
        name="login",
        party="a host",
        what="packets before the login is complete",
        bound=f"{LOGIN_BYTES // _KIBIBYTE} KiB",
        beyond="the connection is closed, the poll fails (`too_large`)",
    ),
    PartyLimit(
        name="poll time",
        party="a host",
        what="an answer",
        bound=f"`poll.timeout` ({_POLL.timeout_seconds:g} s), and the end of the round",
        beyond="the poll fails (`timeout`); the next round begins in time",
    ),
    PartyLimit(
        name="lines",
        party="a host",
        what="lines of one output",
        bound=f"{MOST_READ:,}",
        beyond="only lines that look like what is sought are read; all others are counted",
    ),
    PartyLimit(
        name="characters",
        party="a host",
        what="characters of output, errors and messages",
        bound="no control, invisible or direction-changing characters",
        beyond="they become `?` where the text enters",
    ),
    PartyLimit(
        name="message",
        party="a host",
        what="a message of its SSH server",
        bound=f"{MESSAGE_CHARACTERS} characters, one line",
        beyond="cut",
    ),
    PartyLimit(
        name="discovered",
        party="a master's list",
        what="names that are polled (`discover`)",
        bound=f"{_DOMAIN.discovered_limit} (`discovered_limit`)",
        beyond="counted as unresolved (`BoksReplicaUnresolved`), not polled; 20 of them are named",
    ),
    PartyLimit(
        name="listed address",
        party="a master's list",
        what="an address (`discover`)",
        bound="one that another machine can have: not of loopback, the link, multicast, broadcast or 0.0.0.0/8",
        beyond="counted as unresolved, not connected to",
    ),
    PartyLimit(
        name="lookup",
        party="a name server",
        what="an answer",
        bound=f"{LOOKUP_SECONDS:g} s, {CONCURRENT_LOOKUPS} lookups at the same time",
        beyond="the host fails (`dns`), or keeps its last good address",
    ),
    PartyLimit(
        name="configuration",
        party="a file",
        what="the configuration",
        bound=f"{MAX_BYTES // _MEBIBYTE} MiB, {MAX_VALUES:,} values, nested {MAX_DEPTH} times",
        beyond="refused with its line; a running exporter keeps the old one",
    ),
    PartyLimit(
        name="state file",
        party="a file",
        what="the state file",
        bound=f"{STATE_BYTES // _MEBIBYTE} MiB",
        beyond="not written, as on a full disk; the exporter goes on",
    ),
    PartyLimit(
        name="head",
        party="a browser, a stranger",
        what="the head of a request",
        bound=f"{MAX_HEAD_BYTES // _KIBIBYTE} KiB, {MAX_FIELDS} fields, {MAX_LINE_BYTES:,} bytes a line, no controls",
        beyond="400 or 431 and the end of the connection; nothing of it is logged",
    ),
    PartyLimit(
        name="body",
        party="a browser, a stranger",
        what="the body of a request",
        bound=f"{MAX_BODY_BYTES // _KIBIBYTE} KiB, with its length",
        beyond="411 or 413",
    ),
    PartyLimit(
        name="request time",
        party="a browser, a stranger",
        what="TLS handshake; head and body; reading an answer",
        bound=f"{HEAD_SECONDS:g} s; {HEAD_SECONDS:g} s; {STALLED_SECONDS:g} s",
        beyond="408, or the end of the connection",
    ),
    PartyLimit(
        name="connections",
        party="a browser, a stranger",
        what="open connections",
        bound=f"{MAX_CONNECTIONS}, {MAX_CONNECTIONS_PER_ADDRESS} from one address (IPv6: from a network of 64 bits)",
        beyond="the one that has waited longest is closed, event streams last",
    ),
    PartyLimit(
        name="passwords",
        party="a browser, a stranger",
        what="passwords that are being compared",
        bound=f"{QUEUE}, {QUEUE_PER_ADDRESS} from one address, or 1 where {QUEUE_OF_THE_SAME} wait",
        beyond="503 with Retry-After; a password that was right is remembered",
    ),
    PartyLimit(
        name="debug",
        party="a browser",
        what="polls of a host (`?debug=true`)",
        bound=f"one in {SAME_HOST_SECONDS:g} s for each host, {AT_A_TIME} at the same time",
        beyond="429 with Retry-After",
    ),
    PartyLimit(
        name="gate request",
        party="a holder of a key",
        what="a request to a gate",
        bound="one line of 400 bytes: letters, digits, blanks and `. _ : / -`",
        beyond="refused with status 64; nothing is run",
    ),
)
