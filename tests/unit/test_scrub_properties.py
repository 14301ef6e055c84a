"""No word that is not BoKS's own survives scrubbing, wherever it is and whatever is around it."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from boks_exporter.model import Section
from boks_exporter.recording.aliases import KEPT, Aliases
from boks_exporter.recording.scrub import scrub_line
from tests.unit.hypothesis_budget import tried

SECRETS = st.text(string.ascii_letters, min_size=5, max_size=12)
AROUND = st.text(st.sampled_from(" \t:;,=()[]<>'\"/|!*#+&$%^~0123456789.@_-"), max_size=4)
LINES = (
    "T9 13178d 11:05:23 {} 1919 (1919)",
    "REP1 00:49 04:49 {} 1853521 OK",
    "lines={}",
    "> {} Checksum mismatch",
    "files={}",
    "oldest=-rw-r----- 1 {} root 312 Nov 23 08:12 dd_fcom_4711",
    "method.conf 4711 {}",
    "Total: 1023968, Free: {}",
    "BOKSINIT={}",
    "{}",
)


FEWEST_COLONS = 2
"""No shorter text is an address."""


@pytest.mark.parametrize("section", [*Section, "outside"])
@tried(40)
@given(secret=SECRETS, before=AROUND, after=AROUND, line=st.sampled_from(LINES))
def test_no_secret_word_survives(section: str, secret: str, before: str, after: str, line: str) -> None:
    """In every section, in rows and between them, with any punctuation and digits around it."""
    assume(not any(word in secret.lower() for word in KEPT if len(word) > 3))
    text = line.format(before + secret + after)
    scrubbed = scrub_line(text, section, Aliases())
    assert secret.lower() not in scrubbed.lower() or set(secret.lower()) == {"x"}
    assert len(scrubbed) == len(text)


@pytest.mark.parametrize("section", [*Section, "outside"])
@tried(40)
@given(data=st.data())
def test_scrubbing_twice_is_scrubbing_once(section: str, data: st.DataObject) -> None:
    """What is left holds nothing more to replace, except addresses and check sums, which are replaced again."""
    word = data.draw(
        st.text(string.ascii_letters + " :=", max_size=30).filter(lambda text: text.count(":") < FEWEST_COLONS)
    )
    once = scrub_line(word, section, Aliases())
    assert scrub_line(once, section, Aliases()) == once
