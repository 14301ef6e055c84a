"""The failure reason of a reply that is not the gate's."""

import pytest

from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.conversation import is_answer, sudo_refusal


@pytest.mark.parametrize(
    ("stderr", "cause"),
    [
        ("sudo: a password is required\n", "a password is required"),
        ("sudo: Ein Passwort ist notwendig\n", "Ein Passwort ist notwendig"),
        ("sudo : il est nécessaire de saisir un mot de passe\n", "sudo : il est nécessaire de saisir un mot de passe"),
        (
            "Sorry, user mon is not allowed to execute '/opt/gate' as root on h.\n",
            "Sorry, user mon is not allowed to execute '/opt/gate' as root on h.",
        ),
        (
            "Désolé, l'utilisateur mon n'est pas autorisé à exécuter « /opt/gate » en tant que root sur h.\n",
            "Désolé, l'utilisateur mon n'est pas autorisé à exécuter « /opt/gate » en tant que root sur h.",
        ),
        ("mon is not in the sudoers file.\n", "mon is not in the sudoers file."),
        (
            "sudo: unable to resolve host h: Name or service not known\nsudo: a password is required\n",
            "unable to resolve host h: Name or service not known; a password is required",
        ),
        (
            "sudo: account validation failure\nsudo: a password is required\n",
            "account validation failure; a password is required",
        ),
        ("Lecture: use sudo with care.\n\nsudo: a password is required\n", "a password is required"),
    ],
)
@pytest.mark.parametrize("stdout", [b"", b"Welcome\n"], ids=["silent", "login text"])
def test_the_cause_of_a_refused_sudo_comes_first(stderr: str, cause: str, stdout: bytes) -> None:
    """In any language, behind a lecture or a warning, and where the login prints a text."""
    refused = sudo_refusal(RawReply(stdout, stderr.encode(), 1), "h", "mon")
    assert refused is not None
    assert refused.detail.startswith(f"sudo on h: {cause}; ")


def test_other_errors_are_no_refusal_of_sudo() -> None:
    assert sudo_refusal(RawReply(b"", b"monitor: disk full on /root\n", 1), "h", "mon") is None


@pytest.mark.parametrize(
    ("stdout", "expected"),
    [
        (b"text=5f3c boks-gate/2 version=2.1.0\n", True),
        (b"=5f3c refused busy\n", True),
        (b"=refused unknown_word\n", True),
        (b"text=boks-gate/1 version=1.0.0\n", True),
        (b"unknown command: boks-gate/2 loop idle=90\n", False),
        (b"$ boks-gate/1 role\n", False),
        (b"Access will be refused after 18:00\n", False),
        (b"", False),
    ],
)
def test_a_repeated_request_is_no_answer(stdout: bytes, *, expected: bool) -> None:
    """So the key is examined for a shell, and sudo's message is looked for."""
    assert is_answer(RawReply(stdout, b"", 1)) is expected
