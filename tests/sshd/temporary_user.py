"""The login on simulated hosts that real sshd serve: a user made for the purpose, or the one who runs this."""

import asyncio
import getpass
import itertools
import os
import pwd
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_PREFIX: Final = "boks-sim-"
_ATTEMPTS: Final = 100
_PAUSE_SECONDS: Final = 0.1
_DONE: Final = (0, 6)
"""Exit statuses of useradd and userdel: done, and there is no such user, whom somebody else removed."""
_LOCKED: Final = (1, 10)
"""The files of users or of groups cannot be changed now."""
_NUMBERS: Final = itertools.count(1)


@asynccontextmanager
async def login() -> AsyncIterator[str]:
    """Yield the name of a temporary user with `/bin/sh` and no home.

    Only root can make one; everybody else logs in as himself. Root's own login would do, but costs the start of its
    shell with everything that its profile says. Users of processes that were killed are removed first.
    """
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        yield getpass.getuser()
        return
    await _remove_orphans()
    name = f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
    options = ("--system", "--no-create-home", "--home-dir", "/", "--no-user-group", "--shell", "/bin/sh")
    # The password `*` matches none, but unlike `!` it does not lock the account, which sshd without PAM refuses.
    await _insist("useradd", *options, "--password", "*", name)
    try:
        yield name
    finally:
        await _insist("userdel", "--force", name)


async def _remove_orphans() -> None:
    for user in pwd.getpwall():
        process = user.pw_name.removeprefix(_PREFIX).partition("-")[0]
        if user.pw_name.startswith(_PREFIX) and process.isdigit() and not _is_running(int(process)):
            await _insist("userdel", "--force", user.pw_name)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _insist(*command: str) -> None:
    """Run a command, again and again while somebody else holds the lock of the user database."""
    for _ in range(_ATTEMPTS):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        said = (await process.communicate())[1]
        if process.returncode in _DONE:
            return
        if process.returncode not in _LOCKED:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    message = f"{' '.join(command)}: {said.decode(errors='replace').strip()}"
    raise RuntimeError(message)
