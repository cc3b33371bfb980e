"""A set of row numbers that costs one bit each."""

from __future__ import annotations


class RowSet:
    """Row numbers seen in a sweep: a million of them take 125 KB, as a bitmap."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, row: int) -> None:
        """Put ``row`` (0 or more) into the set."""
        byte = row >> 3
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits) + 4096))
        self._bits[byte] |= 1 << (row & 7)

    def __contains__(self, row: int) -> bool:
        byte = row >> 3
        return byte < len(self._bits) and bool(self._bits[byte] & (1 << (row & 7)))
