"""Whether two pictures of one drawing have the same colours, roughly: greys do not tell."""

from __future__ import annotations

import numpy as np

from pentaprism.fingerprints.views import Chroma

_OTHER = 0.28
"""The difference, as a share of the colours, from which they are others.

What is made lighter or of another gamma, or read without its colour profile, stays below 0.18,
thumbnails of quality 20 below 0.27; black-and-white copies come to 0.34 and more, as do hues turned
by 40 degrees.
"""

_FAINT = 10.0
"""Levels of colour that compression may take away or leave: colours this faint count half."""

_PALEST = 0.6
"""How much paler the whole may be: the tones of a picture change, and its colours with them."""


def other_colours(a: Chroma, b: Chroma) -> bool:
    """Whether the colours of two pictures that lie on each other are clearly not the same.

    Colours that are paler as a whole are the same down to six tenths. One in which they are all
    alike, as in a toned print, has not those of one in which they vary.
    """
    return max(_difference(a, b), _difference(_varied(a), _varied(b))) > _OTHER


def _varied(chroma: Chroma) -> Chroma:
    return chroma - chroma.mean(axis=(0, 1), dtype=np.float32)


def _difference(a: Chroma, b: Chroma) -> float:
    """Return how far two are apart, 0 to about 1.4, the stronger one taken as pale as the other."""
    strong, pale = (a, b) if np.square(a).sum() >= np.square(b).sum() else (b, a)
    strength = float(np.square(strong).sum())
    if not strength:
        return 0.0
    share = float(np.clip((strong * pale).sum() / strength, _PALEST, 1.0))
    off = float(np.square(pale - strong * np.float32(share)).sum())
    places = strong.shape[0] * strong.shape[1]
    return float(np.sqrt(off / places) / (np.sqrt(strength / places) + _FAINT))
