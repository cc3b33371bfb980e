"""Our own named cases: each half-sentence of the rules."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import NamedTuple

import pytest
from group_samples import DAY, HOUR, at, expected, minute, of, told, utc

from pentaprism.groups.files import Precision, ShotFile
from pentaprism.groups.rules import Rules


class Case(NamedTuple):
    why: str
    files: list[ShotFile]
    groups: tuple[str, ...] = ()
    rules: Rules = Rules()


def live(path: str, identifier: str, seconds: float | None = 0.0) -> ShotFile:
    return at(path, seconds, content_identifier=identifier)


def burst(names: str, step: float, **known: object) -> list[ShotFile]:
    return [at(name, i * step, **known) for i, name in enumerate(names.split())]


STAMP = "BURST20230709220904977"
PXL = "PXL_20240115_143022345"
NFD = unicodedata.normalize("NFD", "Müller-modifié.jpg")
NFC = unicodedata.normalize("NFC", "müller.CR2")

RAW_AND_JPEG = [
    Case("close times", [at("X.CR2"), at("X.jpg", 4.9)], ("raw_jpeg: X.jpg  X.CR2",)),
    Case("more than five seconds", [at("X.CR2"), at("X.jpg", 5.1)]),
    Case("case of names", of("dsc_1.nef  DSC_1.JPG"), ("raw_jpeg: DSC_1.JPG  dsc_1.nef",)),
    Case("another folder", of("RAW/X.CR2  JPG/X.jpg")),
    Case(
        "sibling folders where a setting says so", of("a/RAW/X.CR2  a/jpg/X.jpg  b/JPG/X.jpg"),
        ("raw_jpeg: a/jpg/X.jpg  a/RAW/X.CR2",), Rules(sibling_folders=(("jpg", "raw"),)),
    ),
    Case(
        "a folder of RAW files inside", of("a/RAW/X.CR2  a/X.jpg"),
        ("raw_jpeg: a/X.jpg  a/RAW/X.CR2",), Rules(sibling_folders=((".", "raw"),)),
    ),
    Case("JPEG before TIFF", of("X.tif  X.jpg  X.dng"), ("raw_jpeg: X.jpg  X.tif  X.dng",)),
    Case("TIFF before RAW", of("X.tif  X.dng"), ("raw_jpeg: X.tif  X.dng",)),
    Case("two RAW files", of("X.cr2  X.dng"), ("variant: X.cr2  X.dng",)),
    Case("the next round of the counter", [*of("X.CR2  X.jpg"), *of("X.nef  X.tif", HOUR)],
         ("raw_jpeg: X.jpg  X.CR2", "raw_jpeg: X.tif  X.nef")),
    Case("no times at all", of("X.CR2  X.jpg", None), ("raw_jpeg: X.jpg  X.CR2",)),
    Case("no time for one", [at("X.CR2", None), at("X.jpg")], ("raw_jpeg: X.jpg  X.CR2",)),
    Case("no time, and two to choose from", [at("X.CR2", None), at("X.jpg"), at("X.heic", HOUR)]),
    Case("a working file saved later", [*of("X.CR2  X.jpg"), at("X.psd", HOUR)],
         ("raw_jpeg: X.jpg  X.CR2  X.psd",)),
]  # fmt: skip
TIMES = [
    Case("a minute holds the second", [minute("X.jpg", 0), at("X.CR2", 37)],
         ("raw_jpeg: X.jpg  X.CR2",)),
    Case("another minute", [minute("X.jpg", 0), at("X.CR2", 90)]),
    Case("the same minute twice", [minute("X.jpg", 3), minute("X.CR2", 3)],
         ("raw_jpeg: X.jpg  X.CR2",)),
    Case("minutes apart", [minute("X.jpg", 3), minute("X.CR2", 5)]),
    Case("a day holds the second", [at("X.jpg", precision=Precision.DAY), at("X.CR2", 9 * HOUR)],
         ("raw_jpeg: X.jpg  X.CR2",)),
    Case("another day", [at("X.jpg", precision=Precision.DAY), at("X.CR2", 20 * HOUR)]),
    Case("a video in UTC, two zones off", [at("X.heic"), utc("X.mov", -2 * HOUR + 1)],
         ("live_photo: X.heic  X.mov",)),
    Case("a zone with three quarters", [at("X.heic"), utc("X.mov", -5.75 * HOUR)],
         ("live_photo: X.heic  X.mov",)),
    Case("UTC, but no zone fits", [at("X.heic"), utc("X.mov", -2 * HOUR + 300)]),
    Case("UTC, too far", [at("X.heic"), utc("X.mov", -15 * HOUR)]),
    Case("a stem with its own time outranks the clock",
         [at(f"{PXL}.jpg"), at(f"{PXL}.dng", 17)], (f"raw_jpeg: {PXL}.jpg  {PXL}.dng",)),
    Case("its own time, hours off", [at("20240115_143022.jpg"), at("20240115_143022.dng", HOUR)],
         ("raw_jpeg: 20240115_143022.jpg  20240115_143022.dng",)),
    Case("its own time, but days off", [at(f"{PXL}.jpg"), at(f"{PXL}.dng", 2 * DAY)]),
    Case("a date alone is no time", [at("2024-01-15.jpg"), at("2024-01-15.dng", HOUR)]),
]  # fmt: skip
LIVE = [
    Case("by stem", of("IMG_1.HEIC  IMG_1.MOV"), ("live_photo: IMG_1.HEIC  IMG_1.MOV",)),
    Case("by identifier, of other stems", [live("IMG_1.HEIC", "A"), live("IMG_9.MOV", "A", HOUR)],
         ("live_photo: IMG_1.HEIC  IMG_9.MOV",)),
    Case("identifiers that differ", [live("IMG_1.HEIC", "A"), live("IMG_1.MOV", "B")]),
    Case("one without an identifier", [live("IMG_1.HEIC", "A"), at("IMG_1.MOV")],
         ("live_photo: IMG_1.HEIC  IMG_1.MOV",)),
    Case("copies in two folders",
         [live(f"{d}/I.{e}", "A") for d in "ab" for e in ("HEIC", "MOV")],
         ("live_photo: a/I.HEIC  a/I.MOV", "live_photo: b/I.HEIC  b/I.MOV")),
    Case("copies in one folder",
         [live(f"I{n}.{e}", "A") for n in ("", " (1)") for e in ("HEIC", "MOV")],
         ("live_photo: I.HEIC  I.MOV", "live_photo: I (1).HEIC  I (1).MOV")),
    Case("halves in two folders", [live("a/I.HEIC", "A"), live("b/I.MOV", "A")]),
    Case("the HEVC video", of("IMG_1.JPG  IMG_1_HEVC.MOV"),
         ("live_photo: IMG_1.JPG  IMG_1_HEVC.MOV",)),
    Case("edited still and video", of("IMG_1234.HEIC  IMG_1234.MOV  IMG_E1234.JPG  IMG_E1234.MOV"),
         ("live_photo: IMG_E1234.JPG  IMG_1234.HEIC  IMG_1234.MOV  IMG_E1234.MOV",)),
    Case("RAW and video", of("X.DNG  X.MOV"), ("live_photo: X.DNG  X.MOV",)),
    Case("RAW, JPEG and video", of("X.DNG  X.JPG  X.MOV"), ("raw_jpeg: X.JPG  X.DNG  X.MOV",)),
    Case("video with the ending of a Pixel", of(f"{PXL}.MP  {PXL}.MP.jpg"),
         (f"live_photo: {PXL}.MP.jpg  {PXL}.MP",)),
    Case("its edited copy", of(f"{PXL}.MP  {PXL}.MP.jpg  {PXL}.MP~2  {PXL}.MP~2.jpg"),
         (f"live_photo: {PXL}.MP~2.jpg  {PXL}.MP  {PXL}.MP.jpg  {PXL}.MP~2",)),
    Case("two videos", of("X.mp4  X.mov"), ("variant: X.mov  X.mp4",)),
]  # fmt: skip
DEVICES = [
    Case("Pixel RAW and motion photo", of(f"{PXL}.RAW-01.MP.COVER.jpg  {PXL}.RAW-02.ORIGINAL.dng"),
         (f"raw_jpeg: {PXL}.RAW-01.MP.COVER.jpg  {PXL}.RAW-02.ORIGINAL.dng",)),
    Case("Pixel portrait", of(f"{PXL}.PORTRAIT-01.COVER.jpg  {PXL}.PORTRAIT-02.ORIGINAL.jpg"),
         (f"variant: {PXL}.PORTRAIT-01.COVER.jpg  {PXL}.PORTRAIT-02.ORIGINAL.jpg",)),
    Case("Pixel night with RAW", of(f"{PXL}.NIGHT.jpg  {PXL}.NIGHT.dng"),
         (f"raw_jpeg: {PXL}.NIGHT.jpg  {PXL}.NIGHT.dng",)),
    Case("Pixel portrait beside its bare shot", of(f"{PXL}.jpg  {PXL}.PORTRAIT.jpg"),
         (f"variant: {PXL}.jpg  {PXL}.PORTRAIT.jpg",)),
    Case("Pixel exposure", of(f"{PXL}.LONG_EXPOSURE-01.COVER.jpg  {PXL}.jpg"),
         (f"variant: {PXL}.LONG_EXPOSURE-01.COVER.jpg  {PXL}.jpg",)),
    Case("an edit of a Pixel's cover", of(f"{PXL}.RAW-01.COVER-edited.jpg  {PXL}.RAW-01.COVER.jpg"),
         (f"edit: {PXL}.RAW-01.COVER-edited.jpg  {PXL}.RAW-01.COVER.jpg",)),
    Case("Apple's AAE files", of("IMG_1234.HEIC  IMG_E1234.JPG  IMG_1234.AAE  IMG_O1234.AAE"),
         ("edit: IMG_E1234.JPG  IMG_1234.HEIC  IMG_1234.AAE  IMG_O1234.AAE",)),
    Case("an Apple edit alone", of("IMG_E1234.JPG")),
    Case("Shotwell", of("IMG_1.CR2  IMG_1_CR2_embedded.jpg  IMG_1_CR2_shotwell.jpg"),
         ("raw_jpeg: IMG_1_CR2_embedded.jpg  IMG_1.CR2  IMG_1_CR2_shotwell.jpg",)),
    Case("FastFoto without its front", of("S_0001_a.jpg  S_0001_b.jpg")),
    Case("HEIC and AVIF", of("X.avif  X.heic"), ("variant: X.heic  X.avif",)),
    Case("Huawei, one frame", of("IMG_20231014_183246_BURST001_COVER.jpg")),
]  # fmt: skip
EDITS = [
    Case("a day later", [at("X.jpg"), at("X-edited.jpg", DAY - 1)],
         ("edit: X-edited.jpg  X.jpg",)),
    Case("more than a day later", [at("X.jpg"), at("X-edited.jpg", DAY + 1)]),
    Case("before its original", [at("X.jpg", HOUR), at("X-edited.jpg")]),
    Case("of the nearest one before", [*of("X.CR2  X.jpg"), at("X.heic", HOUR),
                                       at("X-Edit.jpg", HOUR + 9)],
         ("raw_jpeg: X.jpg  X.CR2", "edit: X-Edit.jpg  X.heic")),
    Case("without an original", of("X-Edit.jpg  X-Edit-2.jpg"),
         ("edit: X-Edit-2.jpg  X-Edit.jpg",)),
    Case("no time", [at("X.jpg"), at("X-edited.jpg", None)], ("edit: X-edited.jpg  X.jpg",)),
    Case("a number beside its bare stem", of("X.jpg  X-1.jpg  X-12.jpg  X-2.jpg"),
         ("edit: X-12.jpg  X.jpg  X-1.jpg  X-2.jpg",)),
    Case("numbers without it", of("X-1.jpg  X-2.jpg")),
    Case("three digits are no edit", of("X.jpg  X-100.jpg")),
    Case("a number on an edit", of("X.jpg  X-edited.jpg  X-edited-2.jpg"),
         ("edit: X-edited-2.jpg  X.jpg  X-edited.jpg",)),
    Case("edit of an edit", of("X.jpg  X~2.jpg  X~2-edited.jpg"),
         ("edit: X~2-edited.jpg  X.jpg  X~2.jpg",)),
    Case("final before others", of("X.jpg  X-Edit-2.jpg  X-final.jpg"),
         ("edit: X-final.jpg  X.jpg  X-Edit-2.jpg",)),
    Case("a picture before a TIFF", of("X.CR2  X-Edit-3.tif  X-Edit.jpg"),
         ("raw_jpeg: X-Edit.jpg  X.CR2  X-Edit-3.tif",)),
    Case("a TIFF before the original", of("X.CR2  X.jpg  X-Edit.tif"),
         ("raw_jpeg: X-Edit.tif  X.CR2  X.jpg",)),
    Case("a RAW file never goes first", of("X.CR2  X.jpg  X-Enhanced-NR.dng"),
         ("raw_jpeg: X.jpg  X.CR2  X-Enhanced-NR.dng",)),
    Case("German", of("X.jpg  X-bearbeitet.jpg"), ("edit: X-bearbeitet.jpg  X.jpg",)),
    Case("Japanese", of("X.jpg  X-編集済み.jpg"), ("edit: X-編集済み.jpg  X.jpg",)),
    Case("French, decomposed", of(f"{NFC}  {NFD}"), (f"raw_jpeg: {NFD}  {NFC}",)),
    Case("Spanish, of two words", of("X.jpg  X-ha editado.jpg"),
         ("edit: X-ha editado.jpg  X.jpg",)),
    Case("cut short", of("X.jpg  X-edi.jpg"), ("edit: X-edi.jpg  X.jpg",)),
    Case("cut short, alone", of("X-edi.jpg")),
    Case("dotted", of("X.jpg  X.edited.jpg"), ("edit: X.edited.jpg  X.jpg",)),
    Case("counted behind the mark",
         [*of("X.jpg  X-edited.jpg"), *of("X(1).jpg  X-edited(1).jpg", 90)],
         ("edit: X-edited.jpg  X.jpg", "edit: X-edited(1).jpg  X(1).jpg")),
    Case("of a video", of("X.mp4  X-edited.mp4"), ("edit: X-edited.mp4  X.mp4",)),
    Case("a still goes before an edited video", of("X.jpg  X-edited.mp4"),
         ("live_photo: X.jpg  X-edited.mp4",)),
]  # fmt: skip
COUNTERS = [
    Case("the same time", of("X.jpg  X(1).jpg"), ("variant: X.jpg  X(1).jpg",)),
    Case("with a space", of("X.jpg  X (2).jpg"), ("variant: X.jpg  X (2).jpg",)),
    Case("another time", [at("X.jpg"), at("X(1).jpg", 1)]),
    Case("fractions differ", [at("X.jpg", 0.1), at("X_1.jpg", 0.2)]),
    Case("the fraction was lost", [at("X.jpg", 0.7), at("X_1.jpg")], ("variant: X.jpg  X_1.jpg",)),
    Case("no time", of("X.jpg  X(1).jpg", None)),
    Case("only minutes", [minute("X.jpg", 0), minute("X(1).jpg", 0)]),
    Case("the next shot of that second", of("20240115_143022.jpg  20240115_143022(0).jpg")),
    Case("a stem that tells milliseconds", of(f"{PXL}.jpg  {PXL}(1).jpg"),
         (f"variant: {PXL}.jpg  {PXL}(1).jpg",)),
    Case("a pair of its own", of("X.CR2  X.jpg  X(1).CR2  X(1).jpg"),
         ("raw_jpeg: X.jpg  X.CR2", "raw_jpeg: X(1).jpg  X(1).CR2")),
    Case("a copy by name", of("X.jpg  X - Copy.jpg"), ("variant: X.jpg  X - Copy.jpg",)),
    Case("without the bare stem", of("X(1).jpg  X(2).jpg")),
    Case("prefixes", of("IMG_1.jpg  IMG_12.jpg  IMG_123.jpg  IMG_1234.jpg")),
]  # fmt: skip
SIDECARS = [
    Case("of a file", of("X.jpg  X.jpg.xmp"), ("sidecar: X.jpg  X.jpg.xmp",)),
    Case("of a stem", of("X.jpg  X.xmp"), ("sidecar: X.jpg  X.xmp",)),
    Case("both", of("X.jpg  X.jpg.xmp  X.xmp"), ("sidecar: X.jpg  X.jpg.xmp  X.xmp",)),
    Case("of a file that is gone", of("X.jpg  X.cr2.xmp")),
    Case("two alone", of("X.jpg.xmp  X.xmp")),
    Case("of the shot with the RAW file", [at("X.jpg"), at("X.CR2", HOUR), at("X.xmp", None)],
         ("sidecar: X.CR2  X.xmp",)),
    Case("of the nearest", [at("X.jpg"), at("X.heic", HOUR), at("X.xmp", HOUR - 9)],
         ("sidecar: X.heic  X.xmp",)),
    Case("of nobody knows which", [at("X.jpg"), at("X.heic", HOUR), at("X.xmp", None)]),
    Case("of an edit", of("X.jpg  X-Edit.tif  X-Edit.xmp"),
         ("edit: X-Edit.tif  X.jpg  X-Edit.xmp",)),
    Case("times do not count", [at("X.jpg"), at("X.jpg.xmp", 9 * DAY)],
         ("sidecar: X.jpg  X.jpg.xmp",)),
    Case("of two shots, each by file", [at("X.jpg"), at("X.CR2", HOUR),
                                        at("X.jpg.xmp"), at("X.CR2.xmp")],
         ("sidecar: X.jpg  X.jpg.xmp", "sidecar: X.CR2  X.CR2.xmp")),
    Case("Takeout", of("X.jpg  X.jpg.json", None), ("sidecar: X.jpg  X.jpg.json",)),
    Case("newer Takeout", of("X.jpg  X.jpg.supplemental-metadata.json"),
         ("sidecar: X.jpg  X.jpg.supplemental-metadata.json",)),
    Case("Takeout, cut short", of("X.jpg  X.jpg.suppl.json"),
         ("sidecar: X.jpg  X.jpg.suppl.json",)),
    Case("Takeout, counted", [*of("X.jpg  X.jpg.json  X.jpg(1).json"), at("X(1).jpg", 90)],
         ("sidecar: X.jpg  X.jpg.json", "sidecar: X(1).jpg  X.jpg(1).json")),
    Case("newer Takeout, counted",
         [*of("X.jpg  X.jpg.supplemental-metadata(1).json"), at("X(1).jpg", 90)],
         ("sidecar: X(1).jpg  X.jpg.supplemental-metadata(1).json",)),
    Case("darktable's second version", of("X.CR2  X.CR2.xmp  X_01.CR2.xmp"),
         ("sidecar: X.CR2  X.CR2.xmp  X_01.CR2.xmp",)),
    Case("of a video", of("C0001.MP4  C0001M01.XML  C0001.THM"),
         ("sidecar: C0001.MP4  C0001.THM  C0001M01.XML",)),
    Case("a spoken note", of("X.jpg  X.wav"), ("sidecar: X.jpg  X.wav",)),
    Case("what is no sidecar", of("X.jpg  X.txt")),
]  # fmt: skip
BURSTS = [
    Case("three by time", burst("A1.jpg A2.jpg A3.jpg", 0.4), ("burst: A1.jpg  A2.jpg  A3.jpg",)),
    Case("too far apart", burst("A1.jpg A2.jpg A3.jpg", 0.6)),
    Case("half a second is close enough", burst("A1.jpg A2.jpg A3.jpg", 0.5),
         ("burst: A1.jpg  A2.jpg  A3.jpg",)),
    Case("two are no burst", burst("A1.jpg A2.jpg", 0.2)),
    Case("whole seconds only", burst("A1.jpg A2.jpg A3.jpg", 0.2, precision=Precision.SECOND)),
    Case("all in one moment", burst("A1.jpg A2.jpg A3.jpg", 0.0)),
    Case("another family of names", burst("A1.jpg B2.jpg A3.jpg", 0.2)),
    Case("two cameras", [at("A1.jpg", 0, camera="x"), at("A2.jpg", 0.2, camera="y"),
                         at("A3.jpg", 0.4, camera="x")]),
    Case("one camera, not known of all", [at("A1.jpg", 0, camera="x"), at("A2.jpg", 0.2),
                                          at("A3.jpg", 0.4, camera="x")],
         ("burst: A1.jpg  A2.jpg  A3.jpg",)),
    Case("in two folders", burst("a/A1.jpg a/A2.jpg b/A3.jpg", 0.2)),
    Case("videos make no burst", burst("A1.mp4 A2.mp4 A3.mp4", 0.2)),
    Case("edits make no burst", burst("A-edited.jpg B-edited.jpg C-edited.jpg", 0.2)),
    Case("pairs stay pairs",
         [at(f"A{n}.{e}", n * 0.2) for n in range(5) for e in ("ARW", "JPG")],
         ("burst: A0.JPG  A1.JPG  A2.JPG  A3.JPG  A4.JPG",
          *(f"raw_jpeg: A{n}.JPG  A{n}.ARW" for n in range(5)))),
    Case("pairs in a burst by name",
         of("  ".join(f"20231207_101605_00{n}.{e}" for n in (1, 2) for e in ("dng", "jpg"))),
         ("burst: 20231207_101605_001.jpg  20231207_101605_002.jpg",
          *(f"raw_jpeg: 20231207_101605_00{n}.jpg  20231207_101605_00{n}.dng" for n in (1, 2)))),
    Case("two by name", of("IMG_20231014_183246_BURST001.jpg  IMG_20231014_183246_BURST002.jpg"),
         ("burst: IMG_20231014_183246_BURST001.jpg  IMG_20231014_183246_BURST002.jpg",)),
    Case("the edit of its COVER goes first",
         of(f"DSC_0001_{STAMP}.JPG  DSC_0052_{STAMP}_COVER.JPG  DSC_0052_{STAMP}_COVER-edited.JPG"),
         (f"burst: DSC_0052_{STAMP}_COVER-edited.JPG  DSC_0001_{STAMP}.JPG",
          f"edit: DSC_0052_{STAMP}_COVER-edited.JPG  DSC_0052_{STAMP}_COVER.JPG")),
    Case("milliseconds behind a name are no frames",
         of("IMG_20231207_101605_345.jpg  IMG_20231207_101605_812.jpg")),
    Case("by id", [at("B.jpg", 5, burst_id="b"), at("A.jpg", 9, burst_id="b")],
         ("burst: B.jpg  A.jpg",)),
    Case("one by id", [at("A.jpg", burst_id="b")]),
    Case("live photos in a burst",
         [at(f"A{n}.{e}", n * 0.2) for n in range(3) for e in ("HEIC", "MOV")],
         ("burst: A0.HEIC  A1.HEIC  A2.HEIC",
          *(f"live_photo: A{n}.HEIC  A{n}.MOV" for n in range(3)))),
]  # fmt: skip
PEOPLE = [
    Case("a pair that was split", [at("X.CR2", apart="1"), at("X.jpg")]),
    Case("two parts", [at("X.CR2", apart="1"), at("X.jpg", apart="1"), *of("X.tif  X.dng")],
         ("raw_jpeg: X.jpg  X.CR2", "raw_jpeg: X.tif  X.dng")),
    Case("out of a burst", [*burst("A1.jpg A2.jpg A3.jpg", 0.2), at("A4.jpg", 0.6, apart="1")],
         ("burst: A1.jpg  A2.jpg  A3.jpg",)),
    Case("joined", [at("A.jpg", together="1"), at("b/B.jpg", HOUR, together="1")],
         ("variant: A.jpg  b/B.jpg",)),
    Case("joined RAW and JPEG", [at("A.CR2", together="1"), at("B.jpg", 9, together="1")],
         ("raw_jpeg: B.jpg  A.CR2",)),
    Case("what belongs to them comes along",
         [at("A.jpg", together="1"), at("A.xmp"), at("B.jpg", 9, together="1")],
         ("variant: A.jpg  B.jpg  A.xmp",)),
    Case("apart outranks together",
         [at("A.jpg", together="1", apart="2"), at("B.jpg", together="1")]),
    Case("put into two groups", [at("X.CR2", together="1"), at("X.jpg", together="2"),
                                 at("A.jpg", 9, together="1"), at("B.jpg", 9, together="2")],
         ("raw_jpeg: A.jpg  X.CR2", "variant: B.jpg  X.jpg")),
    Case("joined alone", [at("A.jpg", together="1")]),
    Case("shown first", [at("X.CR2", first=True), at("X.jpg")], ("raw_jpeg: X.CR2  X.jpg",)),
    Case("first of a burst",
         [replace(f, first=f.path == "A2.jpg") for f in burst("A1.jpg A2.jpg A3.jpg", 0.2)],
         ("burst: A2.jpg  A1.jpg  A3.jpg",)),
    Case("a joined pair is still a frame of its burst",
         [replace(f, together="1" if "A2" in f.path else None)
          for f in [*burst("A1.jpg A2.jpg A3.jpg", 0.2), at("A2.dng", 0.2)]],
         ("burst: A1.jpg  A2.jpg  A3.jpg", "raw_jpeg: A2.jpg  A2.dng")),
]  # fmt: skip
UPLOADS = [
    Case("one name, other times", [replace(at("image.jpg", n), key=f"k{n}") for n in (0, 1.5, 9)]),
    Case("one name, no times", [replace(at("image.jpg", None), key=f"k{n}") for n in (0, 1)]),
    Case("one name, one moment", [replace(at("image.jpg"), key=f"k{n}") for n in (0, 1)],
         ("variant: k0  k1",)),
    Case("one moment, two cameras",
         [replace(at("image.jpg", camera=c), key=c) for c in ("x", "y")]),
    Case("two pairs of one name a second apart",
         [replace(at(f"I.{e}", n), key=f"{e}{n}") for n in (0.0, 1.0) for e in ("CR2", "jpg")],
         ("raw_jpeg: jpg0.0  CR20.0", "raw_jpeg: jpg1.0  CR21.0")),
]  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{name}: {case.why}")
        for name, cases in {
            "raw": RAW_AND_JPEG, "times": TIMES, "live": LIVE, "devices": DEVICES, "edits": EDITS,
            "counters": COUNTERS, "sidecars": SIDECARS, "bursts": BURSTS, "people": PEOPLE,
            "uploads": UPLOADS,
        }.items()
        for case in cases
    ],
)  # fmt: skip
def test_named_case(case: Case) -> None:
    wanted = expected(*case.groups)
    assert [(t, p, sorted(m)) for t, p, m in told(case.files, case.rules)] == wanted
    assert [(t, p, sorted(m)) for t, p, m in told(case.files[::-1], case.rules)] == wanted
