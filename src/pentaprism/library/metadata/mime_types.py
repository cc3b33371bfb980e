"""Media types by ending, as Immich and exiv2 write them."""

from __future__ import annotations

_TYPES = {
    "360": "video/mp4", "3fr": "image/x-hasselblad-3fr", "3g2": "video/3gpp2", "3gp": "video/3gpp",
    "aae": "application/xml", "arw": "image/x-sony-arw", "avi": "video/x-msvideo",
    "avif": "image/avif", "bmp": "image/bmp", "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3", "crw": "image/x-canon-crw", "dng": "image/x-adobe-dng",
    "erf": "image/x-epson-erf", "fff": "image/x-hasselblad-fff", "flv": "video/x-flv",
    "gif": "image/gif", "heic": "image/heic", "heif": "image/heif", "hif": "image/heif",
    "iiq": "image/x-phaseone-iiq", "insp": "image/jpeg", "insv": "video/mp4", "jfif": "image/jpeg",
    "jp2": "image/jp2", "jpe": "image/jpeg", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "jxl": "image/jxl", "kdc": "image/x-kodak-kdc", "m2t": "video/mp2t", "m2ts": "video/mp2t",
    "m4v": "video/x-m4v", "mkv": "video/x-matroska", "mos": "image/x-leaf-mos",
    "mov": "video/quicktime", "mp": "video/mp4", "mp4": "video/mp4", "mpeg": "video/mpeg",
    "mpg": "video/mpeg", "mpo": "image/jpeg", "mrw": "image/x-minolta-mrw", "mts": "video/mp2t",
    "mv": "video/mp4", "mxf": "application/mxf", "nef": "image/x-nikon-nef",
    "nrw": "image/x-nikon-nrw", "ogv": "video/ogg", "orf": "image/x-olympus-orf",
    "pef": "image/x-pentax-pef", "png": "image/png", "psd": "image/vnd.adobe.photoshop",
    "raf": "image/x-fuji-raf", "raw": "image/x-panasonic-raw", "rw2": "image/x-panasonic-rw2",
    "rwl": "image/x-leica-rwl", "sr2": "image/x-sony-sr2", "srf": "image/x-sony-srf",
    "srw": "image/x-samsung-srw", "tif": "image/tiff", "tiff": "image/tiff", "webm": "video/webm",
    "webp": "image/webp", "wmv": "video/x-ms-wmv", "x3f": "image/x-sigma-x3f",
    "xmp": "application/rdf+xml",
}  # fmt: skip


def mime_type_of(path: str) -> str | None:
    """Return the media type that the ending of a file's name stands for, if it is known."""
    name = path.rpartition("/")[2]
    return _TYPES.get(name.rpartition(".")[2].lower())
