"""Text of hosts, cleaned where it enters."""

import pytest

from boks_exporter.text.harmless import harmless
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.host_text import MESSAGE_CHARACTERS, cleaned, cleaned_reply
from tests.nonempty import nonempty

HOSTILE = {
    "escape": "\x1b[2J",
    "C1": "\x9b31m",
    "bidi": "a\u202eb",
    "isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "NUL": "a\0b",
    "DEL": "a\x7fb",
    "line separator": "a\u2028b",
    "byte order mark": "\ufeffa",
    "Arabic letter mark": "a\u061cb",
    "soft hyphen": "a\xadb",
    "Mongolian vowel separator": "a\u180eb",
    "old format character": "a\u206ab",
    "annotation": "a\ufff9b",
    "tag": "a\U000e0041b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_character_that_a_terminal_or_a_page_acts_on_gets_in(text: str) -> None:
    """In messages, output and errors alike; the text around it stays."""
    reply = cleaned_reply(RawReply(f"before {text} after\n".encode(), text.encode(), 0, "5f"))
    for found in (cleaned(f"before {text} after"), reply.stdout.decode(), f"before {reply.stderr.decode()} after"):
        assert "?" in found
        assert found.strip().startswith("before ")
        assert found.strip().endswith(" after")
        assert all(each.isprintable() for each in nonempty(found.strip()))
    assert (reply.exit_status, reply.nonce) == (0, "5f")
    assert all(each.isprintable() for each in nonempty(harmless(text)))


def test_a_clean_reply_is_the_same_object() -> None:
    """The usual reply costs one look at its bytes."""
    reply = RawReply(b"=boks-gate/1 version=1\n|T7\t13678d\r\n", b"", 0)
    assert cleaned_reply(reply) is reply


def test_text_of_other_languages_is_kept() -> None:
    """Letters are no control characters; bytes of another encoding are replaced."""
    assert cleaned_reply(RawReply("Müller ☃\n".encode(), b"M\xfcller", 0)).stdout == "Müller ☃\n".encode()
    assert cleaned_reply(RawReply(b"", b"M\xfcller", 0)).stderr.decode() == "M\ufffdller"


def test_a_message_is_one_line_of_limited_length() -> None:
    """A host's disconnect message of 20 kB fills no log."""
    message = cleaned("two\nlines\t" + "x" * 20_000)
    assert message.startswith("two lines xxx")
    assert len(message) <= MESSAGE_CHARACTERS + 1
