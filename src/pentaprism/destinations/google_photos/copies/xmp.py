"""The XMP that makes a motion photo of a still with a video behind it.

Source: https://developer.android.com/media/platform/motion-photo-format, version 1.0; the older
``GCamera:MicroVideo`` names are for readers of before.
"""

from __future__ import annotations

import re

from pentaprism.destinations.google_photos.copies.copy import CannotCopyError

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{description}</rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
)
_DESCRIPTION = (
    '<rdf:Description rdf:about="{about}"'
    ' xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"'
    ' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
    ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
    ' GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"'
    ' GCamera:MotionPhotoPresentationTimestampUs="-1"'
    ' GCamera:MicroVideo="1" GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="{size}"'
    ' GCamera:MicroVideoPresentationTimestampUs="-1">'
    "<Container:Directory><rdf:Seq>"
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{still}"'
    ' Item:Semantic="Primary" Item:Length="0" Item:Padding="{padding}"/></rdf:li>'
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{video}"'
    ' Item:Semantic="MotionPhoto" Item:Length="{size}" Item:Padding="0"/></rdf:li>'
    "</rdf:Seq></Container:Directory></rdf:Description>"
)
_END = b"</rdf:RDF>"
_ABOUT = re.compile(rb"rdf:about\s*=\s*[\"']([^\"'<>&]*)[\"']")
_MARKS = (b"MotionPhoto", b"MicroVideo", b"Container:Directory")


def is_marked(packet: bytes) -> bool:
    """Tell whether the XMP speaks of a motion photo or another container already."""
    return any(mark in packet for mark in _MARKS)


def packet(
    old: bytes | None, *, still_type: str, video_type: str, video_size: int, padding: int
) -> bytes:
    """Return an XMP packet for a motion photo; ``old`` is what there is, and stays in it.

    ``padding`` counts the bytes between the still and the video. Raises `CannotCopyError` where
    ``old`` cannot be added to.
    """
    about = _ABOUT.search(old) if old is not None else None
    description = _DESCRIPTION.format(
        about=about[1].decode("utf-8", "strict") if about else "",
        still=still_type,
        video=video_type,
        size=video_size,
        padding=padding,
    )
    if old is None:
        return _PACKET.format(description=description).encode()
    place = old.rfind(_END)
    if place < 0 or b"<rdf:RDF" not in old[:place]:
        raise CannotCopyError("its XMP cannot be added to")
    return old[:place] + description.encode() + old[place:]
