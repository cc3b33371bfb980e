"""Small real files of many formats with the metadata that cameras write, for tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path

import av
import pyexiv2  # type: ignore[import-untyped]
import pytest
from av.video.stream import VideoStream
from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()
pyexiv2.set_log_level(4)

WIDTH, HEIGHT = 96, 64
CAMERA = {"Exif.Image.Make": "Pentax", "Exif.Image.Model": "PENTAX K-1"}
TAKEN = {
    "Exif.Photo.DateTimeOriginal": "2021:07:04 12:30:15",
    "Exif.Photo.SubSecTimeOriginal": "25",
    "Exif.Photo.OffsetTimeOriginal": "+02:00",
}
SHARED = Path(__file__).parents[3] / "shared" / "photos"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared photos are not here")


def picture(form: str, *, size: tuple[int, int] = (WIDTH, HEIGHT), exif: bytes = b"") -> bytes:
    """Return a grey picture in a format that Pillow writes."""
    buffer = io.BytesIO()
    options = {"exif": exif} if exif else {}
    Image.new("RGB", size, "gray").save(buffer, form, **options)
    return buffer.getvalue()


def tagged(
    data: bytes,
    exif: Mapping[str, str] = {},
    xmp: Mapping[str, str] = {},
    iptc: Mapping[str, str] = {},
) -> bytes:
    """Return a picture with tags, by the names that exiv2 gives them."""
    with pyexiv2.ImageData(data) as image:
        image.modify_exif(dict(exif))
        image.modify_xmp(dict(xmp))
        image.modify_iptc(dict(iptc))
        return bytes(image.get_bytes())


def jpeg(
    exif: Mapping[str, str] = {}, xmp: Mapping[str, str] = {}, iptc: Mapping[str, str] = {}
) -> bytes:
    return tagged(picture("JPEG"), exif, xmp, iptc)


def with_xmp(packet: str) -> bytes:
    """Return a JPEG that carries this XMP."""
    with pyexiv2.ImageData(picture("JPEG")) as image:
        image.modify_raw_xmp(packet)
        return bytes(image.get_bytes())


def exif_block(tags: Mapping[str, str]) -> bytes:
    """Return ``tags`` as the TIFF that other containers carry."""
    data = tagged(picture("JPEG", size=(8, 8)), tags)
    start = data.index(b"Exif\0\0") + 6
    (length,) = struct.unpack(">H", data[start - 8 : start - 6])
    return data[start : start + length - 8]


def apple_note(texts: Mapping[int, str]) -> str:
    """Return an Apple maker note with these texts, as exiv2 takes bytes."""
    body = b""
    entries = b""
    after = 16 + 12 * len(texts) + 4
    for tag, text in sorted(texts.items()):
        value = text.encode() + b"\0"
        entries += struct.pack(">HHII", tag, 2, len(value), after + len(body))
        body += value
    head = b"Apple iOS\0\0\x01MM" + struct.pack(">H", len(texts))
    return " ".join(map(str, head + entries + bytes(4) + body))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def jxl(*, exif: bytes = b"", height: int = 64) -> bytes:
    """Return the boxes of a JPEG XL file; its code stream is a header without a picture."""
    # Not small, height in 9 bits, then ratio 4 (3:2), lowest bit first.
    bits = (height - 1) << 3 | 4 << 12
    stream = b"\xff\x0a" + bits.to_bytes(8, "little")
    parts = [box(b"JXL ", b"\r\n\x87\n"), box(b"ftyp", b"jxl \0\0\0\0jxl ")]
    if exif:
        parts.append(box(b"Exif", bytes(4) + exif))
    return b"".join([*parts, box(b"jxlc", stream)])


def cr3(first: bytes, photo: bytes) -> bytes:
    """Return the boxes of a CR3 file without its pictures."""
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    inside = box(b"uuid", canon + box(b"CMT1", first) + box(b"CMT2", photo))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", inside) + box(b"mdat", bytes(64))


def tiff(entries: Mapping[int, str | int]) -> bytes:
    """Return a TIFF directory without a picture: texts and short numbers by their tags."""
    body = b""
    rows = b""
    after = 8 + 2 + 12 * len(entries) + 4
    for tag, value in sorted(entries.items()):
        if isinstance(value, int):
            rows += struct.pack("<HHIHH", tag, 3, 1, value, 0)
            continue
        text = value.encode() + b"\0"
        if len(text) <= 4:
            rows += struct.pack("<HHI4s", tag, 2, len(text), text)
        else:
            rows += struct.pack("<HHII", tag, 2, len(text), after + len(body))
            body += text
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + bytes(4) + body


def clip(form: str = "mov", metadata: Mapping[str, str] = {}, *, turned: int = 0) -> bytes:
    """Return a video of a few frames; ``turned`` is its display rotation in degrees."""
    buffer = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if form in {"mov", "mp4"} else {}
    codec = "libvpx" if form == "webm" else "mpeg4"
    with av.open(buffer, "w", format=form, options=options) as container:
        container.metadata.update(metadata)
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        for _ in range(3):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()
