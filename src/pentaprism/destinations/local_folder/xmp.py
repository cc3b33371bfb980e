"""XMP sidecars: what Immich knows about an asset, in the form that photo programs read.

XMP is ISO 16684-1; the properties are those of its Dublin Core, XMP basic and EXIF schemas, of
photoshop: (IPTC Core maps City, State and Country there) and of digiKam, whose TagsList keeps the
hierarchy of tags as paths. These are the ones Immich itself reads from a sidecar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from xml.sax.saxutils import escape

from pentaprism.assets import Asset, Exif

_HEAD = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/">
"""
_TAIL = """  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in any form."""

_MINUTE_DIGITS = Decimal("0.000001")


def xmp_sidecar(asset: Asset) -> bytes:
    """Return the sidecar of ``asset``: UTF-8, the same bytes for the same metadata."""
    lines = [*_described(asset.exif or Exif()), *_tagged(asset.tags or ())]
    return (_HEAD + "".join(f"   {line}\n" for line in lines) + _TAIL).encode()


def _described(exif: Exif) -> Iterator[str]:
    if exif.description:
        text = _text(exif.description)
        yield (
            f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
            "</dc:description>"
        )
    if exif.rating is not None:
        yield f"<xmp:Rating>{exif.rating}</xmp:Rating>"
    if exif.latitude is not None and exif.longitude is not None:
        yield f"<exif:GPSLatitude>{_degrees(exif.latitude, 'NS')}</exif:GPSLatitude>"
        yield f"<exif:GPSLongitude>{_degrees(exif.longitude, 'EW')}</exif:GPSLongitude>"
        yield "<exif:GPSVersionID>2.3.0.0</exif:GPSVersionID>"
    for name, value in (("City", exif.city), ("State", exif.state), ("Country", exif.country)):
        if value:
            yield f"<photoshop:{name}>{_text(value)}</photoshop:{name}>"


def _tagged(tags: tuple[str, ...]) -> Iterator[str]:
    """Yield keywords (the last component of each tag) and the tags with their hierarchy."""
    if not tags:
        return
    keywords = dict.fromkeys(tag.rpartition("/")[2] or tag for tag in tags)
    yield f"<dc:subject><rdf:Bag>{_items(keywords)}</rdf:Bag></dc:subject>"
    yield f"<digiKam:TagsList><rdf:Seq>{_items(tags)}</rdf:Seq></digiKam:TagsList>"


def _items(values: dict[str, None] | tuple[str, ...]) -> str:
    return "".join(f"<rdf:li>{_text(value)}</rdf:li>" for value in values)


def _text(value: str) -> str:
    """Escape text for XML; a carriage return would otherwise be read back as a line feed."""
    return escape(_FORBIDDEN.sub("\ufffd", value), {"\r": "&#13;"})


def _degrees(value: float, hemispheres: str) -> str:
    """Return XMP's form of a coordinate: ``DDD,MM.mmmmmmK``, K being the hemisphere's letter."""
    minutes = (abs(Decimal(str(value))) * 60).quantize(_MINUTE_DIGITS, ROUND_HALF_EVEN)
    whole, rest = divmod(minutes, 60)
    return f"{whole},{rest:f}{hemispheres[value < 0]}"
