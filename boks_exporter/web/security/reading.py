"""Read a strict YAML document part by part, collecting every fault with its line."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

from boks_exporter.config.strict_yaml import Document, Path_, dotted
from boks_exporter.errors import Problem

_BOOLEANS: Final = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
"""Words that exporter-toolkit's YAML 1.1 takes for truth values beside true and false."""

_NEWER: Final = {
    "cert": "is not supported; put the certificate into a file and name that in cert_file",
    "key": "is not supported; put the key into a file and name that in key_file",
    "client_ca": "is not supported; put the certificates into a file and name that in client_ca_file",
    "client_allowed_sans": "is not supported; take a certification authority for the scrapers alone",
    "rate_limit": "is not supported",
}
"""Keys of newer exporter-toolkits, which to call unknown would be no help."""

_READABLE: Final = 8

_Meaning = TypeVar("_Meaning")


class Section:
    """One mapping of the document; what is missing or null reads as its default, as exporter-toolkit does it."""

    def __init__(self, document: Document, path: Path_, problems: list[Problem], keys: Collection[str] | None) -> None:
        """Take a mapping at a path; only `keys` may stand there, if they are given."""
        self._document = document
        self._path = path
        self._problems = problems
        value = self._at(path)
        self._values: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if value is not None and not isinstance(value, dict):
            self.fault((), f"expected a mapping of keys to values, found {_kind(value)}")
        if keys is not None:
            for key in self._values.keys() - set(keys):
                self.fault((key,), _NEWER.get(key) or f"unknown key{_nearest(key, keys)}")

    def _at(self, path: Path_) -> Any:
        value = self._document.data
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def section(self, key: str, keys: Collection[str] | None) -> "Section":
        """Go into a mapping below."""
        return Section(self._document, (*self._path, key), self._problems, keys)

    def fault(self, where: Path_, message: str) -> None:
        """Note what is wrong with a value here."""
        path = (*self._path, *where)
        self._problems.append(Problem(self._document.file, self._document.line_of(path), dotted(path), message))

    def text(self, key: str) -> str:
        """Read a text; a number counts as what it looks like."""
        value = self._values.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self.fault((key,), f"expected a text, found {_kind(value)}")
        return ""

    def texts(self) -> dict[str, str]:
        """Read every key as a text."""
        return {key: self.text(key) for key in self._values}

    def truth(self, key: str, *, default: bool) -> bool:
        """Read a truth value."""
        value = self._values.get(key)
        value = _BOOLEANS.get(value, value) if isinstance(value, str) else value
        if isinstance(value, bool):
            return value
        if value is not None:
            self.fault((key,), f"expected true or false, found {value!r}")
        return default

    def word(self, key: str, meanings: Mapping[str, _Meaning], default: _Meaning) -> _Meaning:
        """Read one word of a closed set."""
        value = self._values.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value in meanings:
            return meanings[value]
        self.fault((key,), f"expected {_either(meanings)}, found {value!r}")
        return default

    def words(self, key: str, meanings: Mapping[str, _Meaning]) -> tuple[_Meaning, ...]:
        """Read a list of words of a closed set."""
        value = self._values.get(key) or []
        if not isinstance(value, list):
            self.fault((key,), f"expected a list, found {_kind(value)}")
            return ()
        for index, word in enumerate(value):
            if word is not None and (not isinstance(word, str) or word not in meanings):
                self.fault((key, index), f"expected {_either(meanings)}, found {word!r}{_nearest(word, meanings)}")
        return tuple(meanings[word] for word in value if isinstance(word, str) and word in meanings)


def _kind(value: Any) -> str:
    """Name a kind of value instead of the value, which may be a secret at the wrong place."""
    kinds = {dict: "a mapping", list: "a list", bool: "a truth value"}
    return kinds.get(type(value), "a single value")


def _either(words: Collection[str]) -> str:
    """Name the choices, if they are few enough to be read."""
    *others, last = (word for word in words if word)
    if len(others) > _READABLE:
        return "one of the names in docs/web.md"
    return f"{', '.join(others)} or {last}" if others else last


def _nearest(word: object, known: Collection[str]) -> str:
    close = difflib.get_close_matches(str(word), known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
