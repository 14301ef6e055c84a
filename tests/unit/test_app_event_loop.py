"""Settings of the daemon's process."""

import ctypes

import pytest

from boks_exporter.app.event_loop import spare_memory


class GnuLibrary:
    def __init__(self) -> None:
        self.settings: dict[int, int] = {}

    def mallopt(self, parameter: int, value: int) -> int:
        self.settings[parameter] = value
        return 1


def test_the_memory_of_an_old_page_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are mapped for themselves, and threads share one heap (M_MMAP_THRESHOLD and M_ARENA_MAX)."""
    library = GnuLibrary()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library if name is None else None)
    spare_memory()
    assert library.settings == {-3: 256 * 1024, -8: 1}


def test_another_c_library_has_no_such_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    spare_memory()
