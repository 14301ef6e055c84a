"""Play many histories on several processes, and add them up."""

import logging
import sys
from functools import partial
from multiprocessing import get_context

import structlog

from bench.verdicts.generated_history import story
from bench.verdicts.play import play
from bench.verdicts.score import Scores

_TOLD_EVERY = 100


def play_one(seed: int, index: int) -> Scores:
    """Play one history of a seed, without the exporter's log lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return play(story(seed, index))


def trial(seed: int, histories: int, processes: int) -> Scores:
    """Play all histories, and add them up in their order, so that the sums do not depend on the machine."""
    scores = Scores()
    if processes == 1:
        for index in range(histories):
            scores.add(play_one(seed, index))
        return scores
    with get_context("spawn").Pool(processes) as pool:
        for number, played in enumerate(pool.imap(partial(play_one, seed), range(histories), chunksize=4), 1):
            scores.add(played)
            if number % _TOLD_EVERY == 0:
                print(f"{number} of {histories} histories", file=sys.stderr)
    return scores
