"""Passwords checked against bcrypt hashes, in threads, in the same time for known and unknown users."""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Final

import bcrypt

from boks_exporter.errors import BoksExporterError

_REMEMBERED: Final = 1000
"""How many right and how many wrong passwords are remembered; wrong ones never displace right ones."""

QUEUE: Final = 32
QUEUE_PER_ADDRESS: Final = 4
QUEUE_OF_THE_SAME: Final = 16
"""From so many on, an address that waits already waits for no more: few that guess leave room for one that does not."""

_BCRYPT_BYTES: Final = 72
"""Bcrypt ignores further bytes; exporter-toolkit accepts longer passwords in the same way."""

_WORKERS: Final = 2


class BusyError(BoksExporterError):
    """Too many passwords are being checked, in total or for this address; becomes a 503 answer."""


class Passwords:
    """Password check with a cache of results under a keyed hash, so that a scrape costs no bcrypt."""

    def __init__(self) -> None:
        """Start with an empty cache and a thread pool of its own, separate from the poll loop's."""
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._checks: dict[bytes, asyncio.Future[bool]] = {}
        self._waiting: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="bcrypt")

    async def is_right(self, users: Mapping[bytes, bytes], user: bytes, password: bytes, address: str = "") -> bool:
        """Return whether the password is the user's; an unknown user's is compared with another user's hash.

        Raises BusyError if too many comparisons wait, in total or for this address.
        """
        hashed = users.get(user) or self._stand_in(users, user)
        token = self._digest(user, hashed, password)
        matches = self._remembered(token)
        if matches is None:
            matches = await self._check(token, password, hashed, address)
            self._remember(token, matches=matches)
        # The cache holds password matches, not users: a user may have been removed since.
        return matches and user in users

    def _remembered(self, token: bytes) -> bool | None:
        for known, matches in ((self._right, True), (self._wrong, False)):
            if token in known:
                known.move_to_end(token)
                return matches
        return None

    def _remember(self, token: bytes, *, matches: bool) -> None:
        known = self._right if matches else self._wrong
        known[token] = None
        if len(known) > _REMEMBERED:
            known.popitem(last=False)

    async def _check(self, token: bytes, password: bytes, hashed: bytes, address: str) -> bool:
        """Compare in a thread; the same password is compared once, however many requests have it."""
        waiting = self._waiting[address]
        if waiting >= QUEUE_PER_ADDRESS or self._waiting.total() >= (QUEUE_OF_THE_SAME if waiting else QUEUE):
            raise BusyError("too many passwords are being checked")
        self._waiting[address] += 1
        try:
            if token not in self._checks:
                loop = asyncio.get_running_loop()
                self._checks[token] = loop.run_in_executor(
                    self._threads, bcrypt.checkpw, password[:_BCRYPT_BYTES], hashed
                )
            return await asyncio.shield(self._checks[token])
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]
            if token in self._checks and self._checks[token].done():
                del self._checks[token]

    def _stand_in(self, users: Mapping[bytes, bytes], user: bytes) -> bytes:
        """Choose the same hash for the same name, so that its cost looks like a known user's."""
        hashes = sorted(users.values())
        return hashes[int.from_bytes(self._digest(user)[:8], "big") % len(hashes)]

    def _digest(self, *parts: bytes) -> bytes:
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return blake2b(framed, key=self._key, digest_size=32).digest()

    def close(self) -> None:
        """Stop without waiting for comparisons in progress."""
        self._threads.shutdown(wait=False, cancel_futures=True)
