"""Pictures that look like photos to a hash, flat frames, and what a camera takes a moment later."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

type Floats = NDArray[np.float32]

FLATS = ("white", "black", "blue", "grey", "gradient", "sky")
NEIGHBOURS = ("aside", "moved", "shaken")

_COLOURS = {
    "white": (250, 250, 250), "black": (4, 4, 4), "grey": (128, 128, 128), "blue": (20, 40, 200),
}  # fmt: skip
_TEXTURES = 4
_TEXTURE = 1024


def photo_like(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Paint a picture of its own for each seed: light, things with edges, texture and grain.

    Its spectrum falls as that of photos does, so that hashes of two of them are as far apart as
    those of unrelated photos. It takes some ten milliseconds for 640 by 480 pixels.
    """
    rng = np.random.default_rng([seed, 1])
    luma = _smooth(rng, size, 5, 62.0) + np.float32(rng.uniform(95, 150))
    texture = _texture(rng, size)
    luma += texture * np.float32(rng.uniform(8, 22))
    chroma = [_smooth(rng, (size[0] // 4, size[1] // 4), 4, 22.0) + 128 for _ in range(2)]
    channels = [_image(luma), *(_image(one).resize(size) for one in chroma)]
    picture = Image.merge("YCbCr", channels).convert("RGB")
    _draw_things(picture, rng)
    return picture


def flat_frame(shade: str, seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Paint a frame with nothing to see: one of `FLATS`, with the noise of a sensor."""
    rng = np.random.default_rng([seed, 2])
    width, height = size
    frame = np.empty((height, width, 3), np.float32)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    if shade == "gradient":
        top, bottom = rng.uniform(30, 220, (2, 3)).astype(np.float32)
        across = np.linspace(0, rng.uniform(-30, 30), width, dtype=np.float32)[None, :, None]
        frame[:] = top + (bottom - top) * down + across
    elif shade == "sky":
        pale = np.asarray([150, 185, 225], np.float32) + np.float32(rng.uniform(-10, 20))
        frame[:] = pale - np.asarray([70, 50, 20], np.float32) * (1 - down)
        frame += _smooth(rng, size, 2, 3.0)[:, :, None]
    else:
        frame[:] = np.asarray(_COLOURS[shade], np.float32)
        frame += np.float32(rng.uniform(-4, 4))
    frame += rng.normal(0, rng.uniform(0.3, 2.0), frame.shape).astype(np.float32)
    return Image.fromarray(np.clip(frame, 0, 255).astype(np.uint8))


def neighbour(picture: Image.Image, how: str, seed: int) -> Image.Image:
    """Paint what the same camera takes a moment later: one of `NEIGHBOURS`, with its own noise.

    ``aside`` is taken a step aside: the near part moves farther than the far one. ``moved`` has a
    thing that was not there. ``shaken`` is held a little otherwise.
    """
    rng = np.random.default_rng([seed, 3])
    if how == "aside":
        later = _stepped_aside(picture, rng)
    elif how == "moved":
        later = _held(_with_thing(picture, rng), rng, 0.004)
    else:
        later = _held(picture, rng, 0.012)
    return _noisy(later, rng, 3.0)


def watermarked(picture: Image.Image) -> Image.Image:
    """Write a half clear line across the lower right of a picture."""
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    size = max(8, picture.width // 20)
    ImageDraw.Draw(layer).text(
        (picture.width * 0.96, picture.height * 0.95), "© sample photo", fill=(255, 255, 255, 150),
        font_size=size, anchor="rs",
    )  # fmt: skip
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _image(plane: Floats) -> Image.Image:
    return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))


def _smooth(rng: np.random.Generator, size: tuple[int, int], cells: int, depth: float) -> Floats:
    """Return slow changes of light over ``size``, from about -depth to depth."""
    coarse = rng.normal(0, 0.6, (cells, cells + 1)).astype(np.float32)
    fine = rng.normal(0, 0.3, (cells * 3, cells * 3 + 2)).astype(np.float32)
    total = _stretched(coarse, size) + _stretched(fine, size)
    return total * np.float32(depth)


def _stretched(cells: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC), np.float32)


@cache
def _textures() -> tuple[Floats, ...]:
    """Return squares of detail whose spectrum falls with the frequency, of deviation 1."""
    rng = np.random.default_rng(20240601)
    fy = np.fft.fftfreq(_TEXTURE)[:, None]
    fx = np.fft.rfftfreq(_TEXTURE)[None, :]
    falling = 1.0 / np.maximum(np.hypot(fx, fy), 4 / _TEXTURE) ** 1.1
    made = []
    for _ in range(_TEXTURES):
        white = np.fft.rfft2(rng.normal(size=(_TEXTURE, _TEXTURE)))
        plane = np.fft.irfft2(white * falling, s=(_TEXTURE, _TEXTURE))
        made.append((plane / plane.std()).astype(np.float32))
    return tuple(made)


def _texture(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a piece of a texture, turned and moved, its edges joined where it is too small."""
    square = _textures()[rng.integers(_TEXTURES)]
    square = np.roll(square, rng.integers(0, _TEXTURE, 2), (0, 1))
    if rng.integers(2):
        square = square.T
    square = square[:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
    width, height = size
    times = (-(-height // _TEXTURE), -(-width // _TEXTURE))
    return np.tile(square, times)[:height, :width]


def _draw_things(picture: Image.Image, rng: np.random.Generator) -> None:
    draw = ImageDraw.Draw(picture, "RGBA")
    for _ in range(int(rng.integers(7, 15))):
        _draw_thing(draw, picture.size, rng, float(rng.uniform(0.04, 0.3)))


def _draw_thing(
    draw: ImageDraw.ImageDraw, size: tuple[int, int], rng: np.random.Generator, share: float
) -> None:
    across = share * min(size)
    x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
    paint = (*(int(one) for one in rng.integers(10, 245, 3)), int(rng.integers(150, 256)))
    shape: Literal["round", "corners"] = "round" if rng.integers(2) else "corners"
    if shape == "round":
        tall = across * rng.uniform(0.4, 1.6)
        draw.ellipse((x - across / 2, y - tall / 2, x + across / 2, y + tall / 2), fill=paint)
        return
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
    reach = rng.uniform(0.3, 0.7, len(angles)) * across
    corners = [(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, reach, strict=True)]
    draw.polygon(corners, fill=paint)


def _with_thing(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with a thing of 5 to 15 % of its side that came into view."""
    share = float(rng.uniform(0.05, 0.15))
    side = max(4, int(share * min(picture.size)))
    thing = photo_like(int(rng.integers(1 << 30)), (64, 64)).resize((side, side))
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((1, 1, side - 2, side - 2), fill=255)
    later = picture.copy()
    at = (rng.uniform(0.15, 0.75, 2) * picture.size).astype(int)
    later.paste(thing, (int(at[0]), int(at[1])), mask.filter(ImageFilter.GaussianBlur(0.7)))
    return later


def _held(picture: Image.Image, rng: np.random.Generator, share: float) -> Image.Image:
    """Return the picture as a hand holds it a moment later: ``share`` of its side away."""
    away = rng.uniform(0.5, 1.0, 2) * rng.choice([-1, 1], 2) * share * np.asarray(picture.size)
    turn = np.deg2rad(rng.uniform(-25, 25) * share)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return _moved(picture, (cos, -sin, float(away[0]), sin, cos, float(away[1])))


def _moved(
    picture: Image.Image, affine: tuple[float, float, float, float, float, float]
) -> Image.Image:
    """Move the picture, what comes in at an edge being more of what is there."""
    wide, high = picture.width // 10 + 2, picture.height // 10 + 2
    padded = np.pad(np.asarray(picture), ((high, high), (wide, wide), (0, 0)), "reflect")
    a, b, c, d, e, f = affine
    inner = (a, b, c + wide, d, e, f + high)
    return Image.fromarray(padded).transform(
        picture.size, Image.Transform.AFFINE, inner, Image.Resampling.BICUBIC
    )


def _stepped_aside(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    far = _held(picture, rng, 0.008)
    near = _held(picture, rng, 0.035)
    mask = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(mask)
    width, height = picture.size
    draw.rectangle((0, int(height * rng.uniform(0.55, 0.7)), width, height), fill=255)
    for _ in range(2):
        x, y = rng.uniform(0, width), rng.uniform(height * 0.4, height)
        draw.ellipse((x - width / 8, y - height / 4, x + width / 8, y + height / 4), fill=255)
    return Image.composite(near, far, mask.filter(ImageFilter.GaussianBlur(1)))


def _noisy(picture: Image.Image, rng: np.random.Generator, sigma: float) -> Image.Image:
    array = np.asarray(picture, np.float32)
    array = array + rng.normal(0, sigma, array.shape).astype(np.float32)
    return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))


def lookalike(picture: Image.Image, other: Image.Image) -> Image.Image:
    """Paint what ``other`` shows in the light and shade of ``picture``: their hashes are alike."""
    blur = ImageFilter.GaussianBlur(min(picture.size) / 14)
    other = other.resize(picture.size)
    shade = np.asarray(picture.filter(blur), np.float32)
    detail = np.asarray(other, np.float32) - np.asarray(other.filter(blur), np.float32)
    return Image.fromarray(np.clip(shade + detail, 0, 255).astype(np.uint8))
