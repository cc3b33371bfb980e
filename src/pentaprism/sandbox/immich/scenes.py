"""Landscapes drawn from a seed, the same at every size: photos, thumbnails and their ThumbHash.

This module imports Pillow; whoever needs it imports it when a picture is made.
"""

from __future__ import annotations

import base64
import math
import random
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageOps

from pentaprism.sandbox.immich.entities import Scene
from pentaprism.sandbox.immich.formats import shape

type Colour = tuple[int, int, int]

_STEPS = 48  # points of a ridge
_HASHED = 16  # longer edge of the picture that a ThumbHash is made of


@dataclass(frozen=True, slots=True)
class _Palette:
    """The colours of an hour and a place, from the top of the picture to the ground before us."""

    zenith: Colour
    middle: Colour
    horizon: Colour
    light: Colour
    far: Colour
    near: Colour
    water: Colour | None = None


def _palette(text: str) -> _Palette:
    """Read the colours of a palette, each six hexadecimal digits."""
    red_green_blue = (bytes.fromhex(word) for word in text.split())
    return _Palette(*((red, green, blue) for red, green, blue in red_green_blue))


_PALETTES = (
    _palette("4a7ab2 8cb6d6 e2ecee fff6dc 96b0be 34543e"),
    _palette("3a4270 c47c76 fac48c ffe2aa 966e7c 2e283a"),
    _palette("6096be a8ccdc f0ecdc fffae8 8cb0be d6c096 3e7c92"),
    _palette("18223e 304062 6c788e f0eede 384660 101824"),
    _palette("78a8cc bed4dc f4e4c4 fff0cc ceaa80 b07648"),
    _palette("96b0c8 c8d6e0 f0f2f4 fffffa bacad8 ecf0f4"),
    _palette("708c9c b0c0c0 dedece f6f0dc 849a88 466038"),
    _palette("46548c de9484 ffd096 ffe8ba 806888 3a3242 967488"),
    _palette("568cc4 9ec8e0 e4eee6 fff8e2 78a096 6e9042"),
)


def draw_scene(scene: Scene, size: tuple[int, int] | None = None) -> Image.Image:
    """Return the picture of ``scene``, as large as its file unless ``size`` says otherwise."""
    width, height = size or shape(scene.kind, scene.number)
    rng = random.Random(f"{scene.seed}/{scene.kind}/{scene.number}")
    return draw(rng, width, height, smooth=True)


def draw(rng: random.Random, width: int, height: int, *, smooth: bool = False) -> Image.Image:
    """Return a landscape: a sky with a sun and clouds, hills in the haze, water or trees.

    ``smooth`` costs three times as much, and is for pictures that are looked at.
    """
    palette = _vary(rng.choice(_PALETTES), rng)
    scale = 2 if smooth else 1
    image = _sky(palette, (width * scale, height * scale))
    pen = _Pen(image, rng)
    horizon = rng.uniform(0.48, 0.66)
    pen.sun(palette.light, horizon)
    for _ in range(rng.randrange(3)):
        pen.cloud(palette.light, horizon)
    hills = rng.randrange(3, 6)
    for at in range(hills):
        depth = (at + 1) / hills
        if palette.water and depth > 0.5:
            break
        pen.hill(
            _mix(palette.far, palette.near, depth), horizon + 0.3 * depth**2, 0.2 - 0.1 * depth
        )
    if palette.water:
        pen.lake(palette, horizon + 0.06)
    elif rng.random() < 0.6:
        pen.trees(_mix(palette.near, (20, 30, 26), 0.45))
    return image.reduce(scale)


def _vary(palette: _Palette, rng: random.Random) -> _Palette:
    """Return the palette a little warmer or cooler, so that no two days are alike."""
    warm, bright = rng.uniform(-10, 10), rng.uniform(-12, 12)

    def moved(colour: Colour) -> Colour:
        shifts = (bright + warm, bright, bright - warm)
        red, green, blue = (
            min(255, max(0, round(c + s))) for c, s in zip(colour, shifts, strict=True)
        )
        return red, green, blue

    water = palette.water and moved(palette.water)
    return _Palette(
        moved(palette.zenith), moved(palette.middle), moved(palette.horizon), palette.light,
        moved(palette.far), moved(palette.near), water,
    )  # fmt: skip


def _sky(palette: _Palette, size: tuple[int, int]) -> Image.Image:
    gradient = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(
        gradient, palette.zenith, palette.horizon, palette.middle, midpoint=96, whitepoint=170
    )


def _mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


class _Pen:
    """Draws onto one picture; places are parts of its width and height."""

    def __init__(self, image: Image.Image, rng: random.Random) -> None:
        self._pen = ImageDraw.Draw(image, "RGBA")
        self._rng = rng
        self._width, self._height = image.size
        self._edge = min(image.size)

    def sun(self, colour: Colour, horizon: float) -> None:
        """Draw a sun, or a moon, and its glow."""
        x, y = self._rng.uniform(0.12, 0.88), self._rng.uniform(0.12, horizon)
        radius = self._rng.uniform(0.04, 0.09)
        for at in range(6, 0, -1):
            self._disc(x, y, radius * (1 + at * 0.4), (*colour, 16))
        self._disc(x, y, radius, (*colour, 240))

    def _disc(self, x: float, y: float, radius: float, fill: tuple[int, int, int, int]) -> None:
        left, top, size = x * self._width, y * self._height, radius * self._edge
        self._pen.ellipse((left - size, top - size, left + size, top + size), fill=fill)

    def cloud(self, colour: Colour, horizon: float) -> None:
        """Draw a thin cloud out of flat ellipses."""
        x, y = self._rng.random(), self._rng.uniform(0.08, horizon * 0.7)
        for _ in range(7):
            left = (x + self._rng.uniform(-0.12, 0.12)) * self._width
            top = (y + self._rng.uniform(-0.015, 0.015)) * self._height
            wide, high = self._rng.uniform(0.06, 0.16) * self._width, 0.018 * self._height
            self._pen.ellipse((left - wide, top - high, left + wide, top + high), (*colour, 34))

    def hill(self, colour: Colour, base: float, rise: float) -> None:
        """Draw a ridge around ``base`` that reaches ``rise`` up and down."""
        waves = [
            (self._rng.uniform(0.6, 1.6) * 2**at, self._rng.uniform(0, math.tau), 0.5**at)
            for at in range(4)
        ]
        points = [(0.0, float(self._height))]
        for step in range(_STEPS + 1):
            at = step / _STEPS
            y = sum(high * math.sin(math.pi * often * at + begin) for often, begin, high in waves)
            points.append((at * self._width, (base + rise * y / 2) * self._height))
        points.append((float(self._width), float(self._height)))
        self._pen.polygon(points, fill=colour)

    def lake(self, palette: _Palette, shore: float) -> None:
        """Draw water with light on it, and the ground before it."""
        water = palette.water or palette.near
        for band in range(24):
            top = shore + (1 - shore) * band / 24
            colour = _mix(_mix(water, palette.horizon, 0.45), water, band / 24)
            box = (0, top * self._height, self._width, self._height)
            self._pen.rectangle(box, fill=colour)
        for _ in range(26):
            y = shore + (1 - shore) * self._rng.random() ** 1.5
            x, wide = self._rng.random(), self._rng.uniform(0.02, 0.12)
            left, top = (x - wide) * self._width, y * self._height
            right, bottom = (x + wide) * self._width, top + 0.006 * self._height
            self._pen.rectangle((left, top, right, bottom), fill=(*palette.light, 46))
        self.hill(palette.near, 0.95, 0.1)

    def trees(self, colour: Colour) -> None:
        """Draw firs along the lower edge."""
        for _ in range(self._rng.randrange(6, 22)):
            x, high = self._rng.random() * self._width, self._rng.uniform(0.1, 0.3) * self._edge
            foot = self._rng.uniform(0.96, 1.04) * self._height
            for tier in range(3):
                top, wide = foot - high * (1 - tier * 0.25), high * (0.1 + 0.07 * tier)
                low = top + high * 0.5
                self._pen.polygon([(x, top), (x - wide, low), (x + wide, low)], fill=colour)


@lru_cache(maxsize=4096)
def thumbhash(scene: Scene) -> str:
    """Return the ThumbHash of the picture as base64, as Immich makes them for placeholders."""
    width, height = shape(scene.kind, scene.number)
    scale = _HASHED / max(width, height)
    small = draw_scene(scene, (round(width * scale), round(height * scale)))
    return base64.b64encode(_hash(small)).decode()


def _hash(image: Image.Image) -> bytes:
    """Return the header and, four bits each, the cosine coefficients of an opaque picture."""
    width, height = image.size
    pixels = [(r / 255, g / 255, b / 255) for r, g, b in _triples(image)]
    longer, is_wide = max(width, height), width > height
    across, down = (max(1, round(7 * edge / longer)) for edge in (width, height))
    light, light_waves, light_scale = _transform(
        [(r + g + b) / 3 for r, g, b in pixels], image.size, max(3, across), max(3, down)
    )
    yellow, yellow_waves, yellow_scale = _transform(
        [(r + g) / 2 - b for r, g, b in pixels], image.size, 3, 3
    )
    red, red_waves, red_scale = _transform([r - g for r, g, _ in pixels], image.size, 3, 3)
    head = round(63 * light) | round(31.5 + 31.5 * yellow) << 6
    head |= round(31.5 + 31.5 * red) << 12 | round(31 * light_scale) << 18
    more = (down if is_wide else across) | round(63 * yellow_scale) << 3
    more |= round(63 * red_scale) << 9 | is_wide << 15
    nibbles = [round(15 * wave) for wave in (*light_waves, *yellow_waves, *red_waves)]
    nibbles += [0] * (len(nibbles) % 2)
    pairs = zip(nibbles[::2], nibbles[1::2], strict=True)
    packed = bytes(low | high << 4 for low, high in pairs)
    return head.to_bytes(3, "little") + more.to_bytes(2, "little") + packed


def _triples(image: Image.Image) -> list[tuple[int, ...]]:
    data = image.tobytes()
    return [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]


def _transform(
    channel: list[float], size: tuple[int, int], across: int, down: int
) -> tuple[float, list[float], float]:
    """Return the mean, the other coefficients between 0 and 1, and the largest of these."""
    width, height = size
    lines = [channel[at : at + width] for at in range(0, len(channel), width)]
    sums = [[math.sumprod(line, wave) for line in lines] for wave in _cosines(across, width)]
    found = [
        math.sumprod(sums[u], wave) / len(channel)
        for v, wave in enumerate(_cosines(down, height))
        for u in range(across)
        if u * down < across * (down - v)
    ]
    mean, waves = found[0], found[1:]
    scale = max(map(abs, waves))
    return mean, [0.5 + 0.5 / scale * wave if scale else 0.0 for wave in waves], scale


@lru_cache
def _cosines(count: int, length: int) -> list[list[float]]:
    places = [math.pi / length * (at + 0.5) for at in range(length)]
    return [[math.cos(often * place) for place in places] for often in range(count)]
