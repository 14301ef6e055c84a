"""The operator's programs: what they leave behind in this process and on this machine, which is nothing."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.runner import programs
from boks_exporter.failover.runner.programs import program_result


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """Keep the processes that are started."""
    processes: list[Process] = []
    create = asyncio.create_subprocess_exec

    async def keep(*words: str, **options: Any) -> Process:
        processes.append(await create(*words, **options))
        return processes[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", keep)
    return processes


async def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(
    started: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[tuple[int, int]] = []
    end = os.killpg

    def end_group(group: int, by: int) -> None:
        groups.append((group, by))
        end(group, by)

    monkeypatch.setattr(os, "killpg", end_group)
    assert await program_result(("sleep", "4"), {}, 0.01) == (None, "took longer than 0.01 s")
    assert (groups, started[0].returncode) == ([(started[0].pid, signal.SIGKILL)], -signal.SIGKILL)


async def test_what_a_program_wrote_last_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit can be seen before its words."""
    read = asyncio.Event()
    keep_tail = programs._keep_tail

    async def late(reader: asyncio.StreamReader, tail: bytearray) -> None:
        await asyncio.wait_for(read.wait(), 30.0)
        await keep_tail(reader, tail)

    wait = asyncio.wait

    async def waited(*tasks: Any, **options: Any) -> Any:
        read.set()
        return await wait(*tasks, **options | ({"timeout": 30.0} if options else {}))

    monkeypatch.setattr(programs, "_keep_tail", late)
    monkeypatch.setattr(asyncio, "wait", waited)
    assert await program_result(("sh", "-c", "echo so; exit 3"), {}, 30.0) == (3, "ended with 3: so")


@pytest.mark.parametrize("words", [("true",), ("false",), ("/no/such/program",)])
async def test_no_file_and_no_task_is_left(words: tuple[str, ...]) -> None:
    await program_result(words, {}, 30.0)
    before = open_files()
    await program_result(words, {}, 30.0)
    assert (open_files(), len(asyncio.all_tasks())) == (before, 1)


async def test_what_a_program_leaves_in_the_background_is_not_waited_for(
    tmp_path: Path, started: list[Process]
) -> None:
    """Though it holds the pipe open."""
    await program_result(("true",), {}, 30.0)
    before = open_files()
    ended = tmp_path / "ended"
    try:
        assert await program_result(("sh", "-c", f"(sleep 30; echo > {ended}) & exit 0"), {}, 60.0) == (0, "")
        assert not ended.exists()
    finally:
        os.killpg(started[-1].pid, signal.SIGKILL)
    assert (open_files(), len(asyncio.all_tasks())) == (before, 1)


async def test_the_end_of_what_a_program_wrote_is_kept() -> None:
    words = ("sh", "-c", "printf %600s; echo; printf '%0500d' 7; exit 3")
    assert await program_result(words, {}, 30.0) == (3, f"ended with 3: {7:0500d}")
    assert await program_result((*words[:2], words[2].replace("500", "501")), {}, 30.0) == (
        3,
        f"ended with 3: {7:0500d}",
    )


async def test_a_program_ends_with_the_task_that_waits_for_it(started: list[Process]) -> None:
    """As when the operator leaves at once."""
    task = asyncio.create_task(program_result(("sleep", "30"), {}, 60.0))
    while not started:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert started[0].returncode == -signal.SIGKILL
