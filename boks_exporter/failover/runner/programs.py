"""Run one of the operator's programs with a time limit; facts reach it in the environment, never in a shell's text."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from boks_exporter.model import Seconds

_LAST_OUTPUT: Final = 500


async def run_program(words: tuple[str, ...], facts: Mapping[str, str], timeout_seconds: Seconds) -> str:
    """Return nothing where it exited with 0 in time, or else what happened; what it started ends with it."""
    return (await program_result(words, facts, timeout_seconds))[1]


async def program_result(
    words: tuple[str, ...], facts: Mapping[str, str], timeout_seconds: Seconds
) -> tuple[int | None, str]:
    """Return the exit status, None where it could not be run or took too long, and what happened."""
    environment = {**os.environ, **{f"BOKS_FAILOVER_{key.upper()}": value for key, value in facts.items()}}
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return None, f"cannot be run: {error.strerror}"
    try:
        async with asyncio.timeout(timeout_seconds):
            printed, _ = await process.communicate()
    except TimeoutError:
        return None, f"took longer than {timeout_seconds:g} s"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
    if not process.returncode:
        return process.returncode, ""
    text = printed.decode(errors="replace").strip()[-_LAST_OUTPUT:]
    return process.returncode, f"ended with {process.returncode}" + (f": {text}" if text else "")
