"""How glibc's allocator treats large pieces of memory; source: mallopt(3)."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3

_LARGE = 4 * 1024 * 1024
_KEPT = 16 * 1024 * 1024


def keep_freed_memory() -> bool:
    """Let pieces of up to 4 MB be used again, and up to 16 MB that are free be kept for that.

    Otherwise each piece of more than 128 KB may be got from the system and given back: a reply of
    some hundred kilobytes then costs more in page faults than in all that is done to it. Return
    whether the C library could be told; another one than glibc is left as it is.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(set_option(_MMAP_THRESHOLD, _LARGE) and set_option(_TRIM_THRESHOLD, _KEPT))
