"""Basic authentication."""

import asyncio
import base64
import threading
from pathlib import Path

import bcrypt
import pytest

from boks_exporter.web import LiveWebConfig
from boks_exporter.web.security.passwords import QUEUE, BusyError, Passwords
from tests.nonempty import nonempty
from tests.unit.web_serving import Scripted, serving

ALICE = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4))
BOB = bcrypt.hashpw("pässwörd:with colon".encode(), bcrypt.gensalt(4))
USERS = {b"alice": ALICE, "bøb".encode(): BOB}


@pytest.fixture
def config(tmp_path: Path) -> LiveWebConfig:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users:\n  alice: {ALICE.decode()}\n  bøb: {BOB.decode()}\n", encoding="utf-8")
    return LiveWebConfig(file)


class Counted:
    """Bcrypt, with a count of its comparisons and what they were made with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compared: list[bytes] = []
        self.threads: set[int] = set()
        self._real = bcrypt.checkpw
        monkeypatch.setattr(bcrypt, "checkpw", self._check)

    def _check(self, password: bytes, hashed: bytes) -> bool:
        self.compared.append(hashed)
        self.threads.add(threading.get_ident())
        return self._real(password, hashed)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(("user", "password"), [("alice", "open sesame"), ("bøb", "pässwörd:with colon")])
async def test_a_user_gets_in(config: LiveWebConfig, user: str, password: str) -> None:
    """Names and passwords are UTF-8, and a password may hold a colon."""
    async with serving(Scripted(), security=config) as visitor:
        assert (await visitor.ask("/metrics", headers=basic(user, password)))[0] == 200


PATHS = ["/", "/metrics", "/api/v1/status", "/-/healthy", "/-/ready", "/-/reload", "/nothing"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", PATHS)
async def test_every_path_requires_a_password(config: LiveWebConfig, path: str, method: str) -> None:
    """Every path requires it, also one that does not exist, and answers nothing else."""
    scripted = Scripted()
    async with serving(scripted, security=config, enable_lifecycle=True) as visitor:
        status, headers, body = await visitor.ask(path, method)
    assert (status, body) == (401, b"Unauthorized\n")
    assert headers["WWW-Authenticate"] == 'Basic realm="boks_exporter", charset="UTF-8"'
    assert scripted.reloads == 0


@pytest.mark.parametrize(
    "header",
    [
        basic("alice", "open sesam")["Authorization"],
        basic("alice", "")["Authorization"],
        basic("Alice", "open sesame")["Authorization"],
        basic("mallory", "open sesame")["Authorization"],
        basic("", "")["Authorization"],
        "Basic",
        "Basic !!!",
        "Basic YWxpY2U=",
        "Basic ä",
        "Bearer abc",
        basic("alice", "open sesame")["Authorization"].replace("Basic", "Digest"),
    ],
)
async def test_wrong_credentials_are_no_credentials(config: LiveWebConfig, header: str) -> None:
    """A wrong password, an unknown user and what is no basic authentication at all look the same."""
    async with serving(Scripted(), security=config) as visitor:
        status, _, body = await visitor.ask("/metrics", headers={"Authorization": header})
    assert (status, body) == (401, b"Unauthorized\n")


async def test_a_user_that_is_removed_is_locked_out_immediately(config: LiveWebConfig, tmp_path: Path) -> None:
    """A change of the file needs no restart, and what was remembered does not outlive it."""
    async with serving(Scripted(), security=config) as visitor:
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        (tmp_path / "web.yml").write_text(f"basic_auth_users: {{carol: {ALICE.decode()}}}\n", encoding="utf-8")
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 401
        assert (await visitor.ask("/metrics", headers=basic("carol", "open sesame")))[0] == 200


async def test_a_changed_password_counts_immediately(config: LiveWebConfig, tmp_path: Path) -> None:
    """The old password is of no use the moment the new hash stands in the file."""
    async with serving(Scripted(), security=config) as visitor:
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        hashed = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
        (tmp_path / "web.yml").write_text(f"basic_auth_users: {{alice: {hashed}}}\n", encoding="utf-8")
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 401
        assert (await visitor.ask("/metrics", headers=basic("alice", "new")))[0] == 200


async def test_a_scrape_costs_bcrypt_once(counted: Counted) -> None:
    """Right and wrong answers are remembered, and each is found in a separate thread."""
    passwords = Passwords()
    for _ in range(3):
        assert await passwords.is_right(USERS, b"alice", b"open sesame")
        assert not await passwords.is_right(USERS, b"alice", b"wrong")
    assert counted.compared == [ALICE, ALICE]
    assert threading.get_ident() not in counted.threads
    passwords.close()


async def test_an_unknown_user_costs_as_much_as_a_known_one(counted: Counted) -> None:
    """Some user's hash is compared, the same one for the same name, and even its password does not open."""
    passwords = Passwords()
    for name in (b"mallory", b"eve", b"trent", b"peggy", b"victor"):
        for password in (b"open sesame", "pässwörd:with colon".encode(), b"guess"):
            assert not await passwords.is_right(USERS, name, password)
    assert len(counted.compared) == 15
    stand_ins = [set(counted.compared[index : index + 3]) for index in range(0, 15, 3)]
    assert all(len(hashes) == 1 for hashes in nonempty(stand_ins))
    assert set.union(*stand_ins) <= {ALICE, BOB}
    passwords.close()


async def test_wrong_passwords_do_not_displace_right_ones(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many guesses there are, the password of the scraper stays remembered, and the memory bounded."""
    monkeypatch.setattr("boks_exporter.web.security.passwords._REMEMBERED", 10)
    passwords = Passwords()
    assert await passwords.is_right(USERS, b"alice", b"open sesame")
    for guess in range(30):
        assert not await passwords.is_right(USERS, b"alice", b"%d" % guess)
    assert await passwords.is_right(USERS, b"alice", b"open sesame")
    assert (len(passwords._right), len(passwords._wrong)) == (1, 10)
    assert len(counted.compared) == 31
    passwords.close()


async def test_the_same_password_is_compared_once_at_a_time(counted: Counted) -> None:
    """Several requests of one client wait for the same comparison."""
    passwords = Passwords()
    answers = await asyncio.gather(*(passwords.is_right(USERS, b"alice", b"open sesame", "::1") for _ in range(4)))
    assert (answers, len(counted.compared)) == ([True] * 4, 1)
    passwords.close()


@pytest.mark.parametrize(("addresses", "served"), [(1, 4), (12, 16), (20, 20), (100, 32)])
async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch, addresses: int, served: int) -> None:
    """No more wait than four of an address and thirty-two in total, and a few addresses leave room for another one."""
    held = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: held.wait(8) and False)
    passwords = Passwords()
    guesses = [
        asyncio.create_task(passwords.is_right(USERS, b"alice", b"%d" % guess, f"192.0.2.{guess % addresses}"))
        for guess in range(100)
    ]
    await asyncio.sleep(0)
    refused = [guess for guess in guesses if guess.done() and isinstance(guess.exception(), BusyError)]
    assert len(guesses) - len(refused) == served
    scrape = asyncio.create_task(passwords.is_right(USERS, b"alice", b"right", "198.51.100.1"))
    await asyncio.sleep(0)
    assert scrape.done() == (served == QUEUE)
    held.set()
    assert [await guess for guess in guesses if guess not in refused] == [False] * served
    assert not await passwords.is_right(USERS, b"alice", b"another", "192.0.2.0")
    passwords.close()


async def test_a_full_queue_answers_503(config: LiveWebConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that guesses gets 503 with Retry-After, and a remembered password is served meanwhile."""
    held = threading.Event()
    async with serving(Scripted(), security=config) as visitor:
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        monkeypatch.setattr(bcrypt, "checkpw", lambda *_: held.wait(8) and False)
        guesses = [
            asyncio.create_task(visitor.ask("/metrics", headers=basic("alice", str(guess)))) for guess in range(6)
        ]
        done, _ = await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
        status, headers, _ = next(iter(done)).result()
        assert (status, headers["Retry-After"]) == (503, "1")
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        held.set()
        assert sorted([(await guess)[0] for guess in guesses]) == [401] * 4 + [503] * 2


async def test_a_password_longer_than_bcrypt_reads_is_cut() -> None:
    """Exporter-toolkit lets such a user in, and so does this."""
    passwords = Passwords()
    users = {b"long": bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4))}
    assert await passwords.is_right(users, b"long", b"x" * 100)
    assert not await passwords.is_right(users, b"long", b"x" * 71)
    passwords.close()


async def test_a_slow_comparison_holds_up_no_other_request(
    config: LiveWebConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While bcrypt works, clients with a remembered password are served."""
    held, released = threading.Event(), []

    def compare(*_: bytes) -> bool:
        released.append(held.wait(30))
        return False

    async with serving(Scripted(), security=config) as visitor:
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        monkeypatch.setattr(bcrypt, "checkpw", compare)
        guess = asyncio.create_task(visitor.ask("/metrics", headers=basic("alice", "guess")))
        await asyncio.sleep(0)
        assert (await visitor.ask("/metrics", headers=basic("alice", "open sesame")))[0] == 200
        assert not guess.done()
        held.set()
        assert (await guess)[0] == 401
    assert released == [True], "the comparison went on until it was released, and so during the other request"
