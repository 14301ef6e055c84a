"""Play many histories on several processes, and add them up."""

import logging
import sys
from collections.abc import Iterable
from functools import partial
from multiprocessing import get_context

import structlog

from bench.verdicts.detection import Cell, rounds_until_shown
from bench.verdicts.generated_history import Story, story
from bench.verdicts.play import play
from bench.verdicts.score import Scores

_TOLD_EVERY = 100


def play_one(seed: int, index: int) -> Scores:
    """Play one history of a seed."""
    return play_silently(story(seed, index))


def play_silently(told: Story) -> Scores:
    """Play a history without the exporter's log lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return play(told)


def trial(seed: int, histories: int, processes: int, chosen: Iterable[Cell] = ()) -> Scores:
    """Play all histories and combinations, and add them up in their order: the sums do not depend on the machine."""
    scores, chosen = Scores(), tuple(chosen)
    if processes == 1:
        for index in range(histories):
            scores.add(play_one(seed, index))
        scores.shown = {cell: rounds_until_shown(cell, seed) for cell in chosen}
        return scores
    with get_context("spawn").Pool(processes) as pool:
        for number, played in enumerate(pool.imap(partial(play_one, seed), range(histories), chunksize=4), 1):
            scores.add(played)
            if number % _TOLD_EVERY == 0:
                print(f"{number} of {histories} histories", file=sys.stderr)
        found = pool.imap(partial(rounds_until_shown, seed=seed), chosen, chunksize=4)
        scores.shown = dict(zip(chosen, found, strict=True))
    return scores
