"""Passwords checked against bcrypt hashes, in threads, in the same time for known and unknown users."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Final

import bcrypt

_REMEMBERED: Final = 1000
_BCRYPT_BYTES: Final = 72
"""Bcrypt ignores further bytes; exporter-toolkit accepts longer passwords in the same way."""

_WORKERS: Final = 2


class Passwords:
    """Password check with a cache of results under a keyed hash, so that a scrape costs no bcrypt."""

    def __init__(self) -> None:
        """Start with an empty cache and a thread pool of its own, separate from the poll loop's."""
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="bcrypt")

    async def is_right(self, users: Mapping[bytes, bytes], user: bytes, password: bytes) -> bool:
        """Return whether the password is the user's; an unknown user's is compared with another user's hash."""
        hashed = users.get(user) or self._stand_in(users, user)
        token = self._digest(user, hashed, password)
        if token not in self._known:
            loop = asyncio.get_running_loop()
            matches = await loop.run_in_executor(self._threads, bcrypt.checkpw, password[:_BCRYPT_BYTES], hashed)
            self._known[token] = matches
        self._known.move_to_end(token)
        matches = self._known[token]
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        # The cache holds password matches, not users: a user may have been removed since.
        return matches and user in users

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
