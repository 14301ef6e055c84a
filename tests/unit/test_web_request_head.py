"""The head of a request: what is accepted, and the status of what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.web.request_head import AcceptedHead, RefusedRequest, checked_head

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"


def outcome(head: bytes) -> int:
    """Return the status of the refusal, or 200."""
    checked = checked_head(head + b"\r\n")
    return checked.status if isinstance(checked, RefusedRequest) else 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (GET, 200),
        (GET + b"Accept:text/plain\r\nX-Empty:\r\nX:\t y \xe4 \r\n", 200),
        (b"GET / HTTP/1.0\r\n", 200),
        (b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n", 200),
        (b"GET /a?b=c&d=%2F HTTP/1.1\r\nHost: [::1]:16500\r\n", 200),
        (b"junk\r\n", 400),
        (b"\r\n", 400),
        (b"get / HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n", 400),
        (b"GET / HTTP/1.1\r\n", 400),
        (GET + b"Host: y\r\n", 400),
        (GET + b"Authorization : Basic c2VjcmV0\r\n", 400),
        (GET + b" folded: x\r\n", 400),
        (GET + b"no colon\r\n", 400),
        (GET + b": no name\r\n", 400),
        (GET + b"X: a\x00b\r\n", 400),
        (GET + b"X: a\nY: b\r\n", 400),
        (GET + b"X: a\rY: b\r\n", 400),
        (GET + b"Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        (GET + b"Content-Length: -1\r\n", 400),
        (GET + b"Content-Length: +1\r\n", 400),
        (GET + b"Content-Length: 1, 1\r\n", 400),
        (GET + b"Transfer-Encoding: chunked\r\n", 411),
        (GET + b"Content-Length: 99999999\r\n", 413),
        (GET + b"X: " + b"y" * 9000 + b"\r\n", 431),
        (b"GET /" + b"y" * 9000 + b" HTTP/1.1\r\nHost: x\r\n", 431),
        (GET + b"X: y\r\n" * 100, 431),
        (GET + b"Expect: 100-Continue\r\n", 200),
        (GET + b"Authorization: Basic eA==\r\n", 200),
        (GET + b"Authorization: Basic eA==\r\nauthorization: Basic eQ==\r\n", 400),
        (GET + b"Expect: secret\r\n", 417),
        (GET + b"Expect: 100-continue\r\nExpect: secret\r\n", 417),
        (b"OPTIONS /metrics HTTP/1.1\r\nHost: x\r\n", 200),
        (b"FOO /metrics HTTP/1.1\r\nHost: x\r\n", 501),
        (b"CONNECT /metrics HTTP/1.1\r\nHost: x\r\n", 501),
        (b"DESCRIBE /metrics HTTP/1.1\r\nHost: x\r\n", 501),
        (b"PRI / HTTP/1.1\r\nHost: x\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: x\r\n", 505),
        (b"PRI * HTTP/2.0\r\n", 505),
    ],
)
def test_a_head_is_accepted_or_refused(head: bytes, status: int) -> None:
    """Whatever two programs could read differently is refused, and nothing else."""
    assert outcome(head) == status


def test_the_length_of_the_body_is_known() -> None:
    """The connection passes so many bytes on."""
    assert checked_head(GET + b"Content-Length: 5\r\n\r\n") == AcceptedHead(5)


@given(st.binary(max_size=300))
def test_any_bytes_are_accepted_or_refused(content: bytes) -> None:
    """No input raises, and no refusal contains a part of it."""
    checked = checked_head(content + b"\r\n\r\n")
    assert isinstance(checked, AcceptedHead) or checked.status in {400, 411, 413, 417, 431, 501, 505}
