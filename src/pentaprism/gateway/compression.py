"""gzip, several times as quick where the machine's processor is one that ISA-L knows."""

from __future__ import annotations

import zlib
from collections.abc import Callable

try:
    from isal.isal_zlib import compress
except ImportError:  # it is made for processors of 64 bits
    compress = zlib.compress

_GZIP = 16 + zlib.MAX_WBITS
_QUICK = 1

_compress: Callable[[bytes, int, int], bytes] = compress


def gzip(body: bytes) -> bytes:
    """Return ``body`` in gzip, the quick way."""
    return _compress(body, _QUICK, _GZIP)
