"""Compression of pages in pieces: what both formats share, or the last page had, is compressed once.

A piece is compressed alone and ends at a whole byte, so pieces can be put together to one gzip member in any order.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

_LEVEL: Final = 1
"""A metrics page shrinks to 1/23; level 5 takes twice the time for 1/25."""
_HEADER: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF))
"""No name, no time, and no system: the same page is the same bytes."""
_LAST_BLOCK: Final = b"\x03\x00"
_SHORTEST_KEPT: Final = 256


class Compressor:
    """Compresses pages; the pieces of the last page are kept."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def compress(self, pages: Iterable[Sequence[bytes]]) -> list[bytes]:
        """Return each page as one gzip member."""
        kept: dict[bytes, bytes] = {}
        compressed = [self._page(pieces, kept) for pieces in pages]
        self._kept = kept
        return compressed

    def _page(self, pieces: Sequence[bytes], kept: dict[bytes, bytes]) -> bytes:
        checksum, length, parts = 0, 0, [_HEADER]
        for piece in pieces:
            checksum, length = zlib.crc32(piece, checksum), length + len(piece)
            parts.append(self._piece(piece, kept))
        parts += [_LAST_BLOCK, checksum.to_bytes(4, "little"), (length & 0xFFFFFFFF).to_bytes(4, "little")]
        return b"".join(parts)

    def _piece(self, piece: bytes, kept: dict[bytes, bytes]) -> bytes:
        found = kept.get(piece) or self._kept.get(piece)
        if found is None:
            stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            found = stream.compress(piece) + stream.flush(zlib.Z_FULL_FLUSH)
        if len(piece) >= _SHORTEST_KEPT:
            kept[piece] = found
        return found
