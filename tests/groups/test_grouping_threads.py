"""Names that users of stackers and importers report, and what they expect of them."""

from __future__ import annotations

import json
import unicodedata
from itertools import starmap
from typing import Literal

import pytest
from group_samples import DAY, HOUR, at, expected, minute, of, told

from pentaprism.groups.files import Precision, ShotFile
from pentaprism.groups.grouping import group
from pentaprism.groups.listings import read_listing

PXL = "PXL_20250731_152626855"
PORTRAIT = "PXL_20220405_090123740.PORTRAIT"
NEXUS = "BURST20190407204147"
XPERIA = "BURST20230709220904977"


def live(path: str, identifier: str, seconds: float = 0.0) -> ShotFile:
    return at(path, seconds, content_identifier=identifier)


def frames(stem: str, numbers: range, endings: str, step: float = 0.2) -> list[ShotFile]:
    return [
        at(f"{stem}{number:04d}.{ending}", n * step)
        for n, number in enumerate(numbers)
        for ending in endings.split()
    ]


def pairs(stem: str, numbers: range) -> list[str]:
    return [f"raw_jpeg: {stem}{n:04d}.JPG  {stem}{n:04d}.CR3" for n in numbers]


CASES: dict[str, tuple[list[ShotFile], tuple[str, ...]]] = {
    "a Pixel's RAW is written a second later": (
        [at(f"{PXL}.RAW-01.COVER.jpg"), at(f"{PXL}.RAW-02.ORIGINAL.DNG", 1.145)],
        (f"raw_jpeg: {PXL}.RAW-01.COVER.jpg  {PXL}.RAW-02.ORIGINAL.DNG",),
    ),
    "two of a Pixel's covers": (
        [at(f"{PXL}.RAW-01.COVER.jpg"), at("PXL_20250731_152627900.RAW-01.COVER.jpg", 1.045)], (),
    ),
    "a Pixel's cover, edited": (
        of(f"{PXL}.RAW-01.COVER~2.jpg  {PXL}.RAW-01.COVER.jpg  {PXL}.RAW-02.ORIGINAL.dng"),
        (f"raw_jpeg: {PXL}.RAW-01.COVER~2.jpg  {PXL}.RAW-02.ORIGINAL.dng  {PXL}.RAW-01.COVER.jpg",),
    ),
    "a Pixel at night": (
        of(f"{PXL}.NIGHT.RAW-01.COVER.jpg  {PXL}.NIGHT.RAW-02.ORIGINAL.dng"),
        (f"raw_jpeg: {PXL}.NIGHT.RAW-01.COVER.jpg  {PXL}.NIGHT.RAW-02.ORIGINAL.dng",),
    ),
    "a long exposure, its name cut short": (
        of(f"{PXL}.LONG_EXPOSURE-01.COVER.jpg  {PXL}.LONG_EXPOSURE-02.ORIGINA.jpg"),
        (f"variant: {PXL}.LONG_EXPOSURE-01.COVER.jpg  {PXL}.LONG_EXPOSURE-02.ORIGINA.jpg",),
    ),
    "a numbered motion photo without its first": (
        of(f"{PXL}.MP~2.jpg  {PXL}.MP~2"), (f"live_photo: {PXL}.MP~2.jpg  {PXL}.MP~2",),
    ),
    "exports of Lightroom with numbers": (
        of("ABC001.ARW  ABC001.JPEG  ABC001-1.JPEG  ABC001-2.JPEG"),
        ("raw_jpeg: ABC001-2.JPEG  ABC001.ARW  ABC001.JPEG  ABC001-1.JPEG",),
    ),
    "a French edit of a portrait": (
        [at(f"{PORTRAIT}.jpg"), at(unicodedata.normalize("NFD", f"{PORTRAIT}-modifié.jpg"))],
        (unicodedata.normalize("NFD", f"edit: {PORTRAIT}-modifié.jpg  {PORTRAIT}.jpg"),),
    ),
    "an edit of another portrait": (
        of(f"{PORTRAIT}.jpg  PXL_20220405_090123741.PORTRAIT-modifié.jpg"), (),
    ),
    "exports of Photoshop, one final": (
        [at("portrait.psd"), at("portrait_1.jpg", HOUR), at("portrait_2.jpg", 2 * HOUR),
         at("portrait_final.jpg", 3 * HOUR)],
        ("edit: portrait_final.jpg  portrait.psd  portrait_1.jpg  portrait_2.jpg",),
    ),
    "exports of Photoshop, none final": (
        of("portrait.psd  portrait_1.jpg  portrait_2.jpg"),
        ("edit: portrait_2.jpg  portrait.psd  portrait_1.jpg",),
    ),
    "counters beside a picture are no exports": (
        [at("X.psd"), at("X.jpg"), at("X_1.jpg", HOUR)], ("variant: X.jpg  X.psd",),
    ),
    "a crop": (
        of("IMG_1234.jpg  IMG_1234_edited.jpg  IMG_1234_crop.jpg"),
        ("edit: IMG_1234_edited.jpg  IMG_1234.jpg  IMG_1234_crop.jpg",),
    ),
    "an edit two days later": ([at("X.jpg"), at("X-edited.jpg", 2 * DAY)], ()),
    "a Nexus burst whose frames begin in two ways": (
        of(f"00002IMG_00002_{NEXUS}.jpg  00003XTR_00003_{NEXUS}.jpg"),
        (f"burst: 00002IMG_00002_{NEXUS}.jpg  00003XTR_00003_{NEXUS}.jpg",),
    ),
    "first frames of three bursts": (
        of("00000IMG_00000_BURST20220623114549345_COVER.jpg"
           "  00000IMG_00000_BURST20220623114557237_COVER.jpg"
           "  00000IMG_00000_BURST20220623114602178_COVER.jpg"), (),
    ),
    "a Samsung burst with frames missing": (
        of("20231207_101605_002.jpg  20231207_101605_004.jpg  20231207_101606_001.jpg"),
        ("burst: 20231207_101605_002.jpg  20231207_101605_004.jpg",),
    ),
    "a burst by name needs two shots": (
        of(f"DSC_0001_{XPERIA}.JPG  DSC_0001_{XPERIA}.DNG"),
        (f"raw_jpeg: DSC_0001_{XPERIA}.JPG  DSC_0001_{XPERIA}.DNG",),
    ),
    "three bursts and single shots": (
        list(starmap(at, ((f"IMG_{n:03d}.jpg", moment) for n, moment in enumerate(
            (0, 0.2, 0.4, 5, 10, 10.2, 10.4, 15, 20, 20.2), start=1)))),
        ("burst: IMG_001.jpg  IMG_002.jpg  IMG_003.jpg",
         "burst: IMG_005.jpg  IMG_006.jpg  IMG_007.jpg"),
    ),
    "times without seconds are no burst": ([minute(f"IMG_{n}.HEIC", 0) for n in range(5)], ()),
    "five pairs in a burst": (
        frames("3H2A", range(16, 21), "CR3 JPG"),
        ("burst: 3H2A0016.JPG  3H2A0017.JPG  3H2A0018.JPG  3H2A0019.JPG  3H2A0020.JPG",
         *pairs("3H2A", range(16, 21))),
    ),
    "five pairs whose RAW files have lost the fraction": (
        [file if file.path.endswith("JPG") else at(file.path)
         for file in frames("3H2A", range(16, 21), "CR3 JPG")],
        ("burst: 3H2A0016.JPG  3H2A0017.JPG  3H2A0018.JPG  3H2A0019.JPG  3H2A0020.JPG",
         *pairs("3H2A", range(16, 21))),
    ),
    "the counter rolls over within a burst": (
        [at(f"IMG_{n:04d}.{e}", i / 4) for i, n in enumerate((9999, 1, 2)) for e in ("CR3", "JPG")],
        ("burst: IMG_9999.JPG  IMG_0001.JPG  IMG_0002.JPG", *pairs("IMG_", range(1, 3)),
         *pairs("IMG_", range(9999, 10_000))),
    ),
    "identifiers that cross the names": (
        [live("A.HEIC", "1"), live("A.MOV", "2"), live("B.HEIC", "2"), live("B.MOV", "1")],
        ("live_photo: A.HEIC  B.MOV", "live_photo: B.HEIC  A.MOV"),
    ),
    "a copy of the still alone, in another folder": (
        [live("a/I.HEIC", "1"), live("a/I.MOV", "1"), live("b/I.HEIC", "1")],
        ("live_photo: a/I.HEIC  a/I.MOV",),
    ),
    "counted live photos of Takeout": (
        [*of("I.HEIC  I.MP4"), *of("I(1).HEIC  I(1).MP4", HOUR)],
        ("live_photo: I.HEIC  I.MP4", "live_photo: I(1).HEIC  I(1).MP4"),
    ),
    "both videos of a live photo": (
        of("I.JPG  I.MOV  I_HEVC.MOV"), ("live_photo: I.JPG  I.MOV  I_HEVC.MOV",),
    ),
    "Shotwell's pictures without their RAW file": (
        of("IMG_0846_CR2_embedded.jpg  IMG_0846_CR2_shotwell.jpg"),
        ("variant: IMG_0846_CR2_embedded.jpg  IMG_0846_CR2_shotwell.jpg",),
    ),
    "Shotwell without the ending": (
        of("IMG_1.CR2  IMG_1_shotwell.jpg"), ("raw_jpeg: IMG_1_shotwell.jpg  IMG_1.CR2",),
    ),
    "FastFoto scans with and without a back": (
        [at("S_0001_a.jpg"), at("S_0001.jpg", 0.2), at("S_0002.jpg", 0.4), at("S_0002_b.jpg", 0.6)],
        ("variant: S_0001_a.jpg  S_0001.jpg", "variant: S_0002.jpg  S_0002_b.jpg"),
    ),
    "sidecars of both files of a pair": (
        of("X.CR2  X.JPG  X.CR2.xmp  X.JPG.xmp"),
        ("raw_jpeg: X.JPG  X.CR2  X.CR2.xmp  X.JPG.xmp",),
    ),
    "an AAE file beside the edit alone": (
        of("IMG_E4120.JPG  IMG_4120.AAE"), ("sidecar: IMG_E4120.JPG  IMG_4120.AAE",),
    ),
    "GoPro": (
        of("GX010001.MP4  GX010001.THM  GL010001.LRV"),
        ("sidecar: GX010001.MP4  GX010001.THM  GL010001.LRV",),
    ),
    "GoPro in H.264": (
        of("GH010001.MP4  GH010001.THM  GL010001.LRV"),
        ("sidecar: GH010001.MP4  GH010001.THM  GL010001.LRV",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "mark",
    [
        "-edited",
        "-EDITED",
        "-bearbeitet",
        "-bewerkt",
        "-modifié",
        "-modificato",
        "-ha editado",
        "-editado",
        "-editada",
        "-editat",
        "-edytowane",
        "-redigerad",
        "-redigeret",
        "-redigert",
        "-muokattu",
        "-upraveno",
        "-düzenlendi",
        "-отредактировано",
        "-編集済み",
        "-已编辑",
        "-수정됨",
        "-effects",
        "-smile",
        "-mix",
        "-Edit",
        "-Edit-2",
        "-final",
        "_final",
        ".edit",
        "_crop",
        "~2",
        "-1",
        "-Enhanced-NR",
        "_DxO",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_makes_an_edit(mark: str, form: Literal["NFC", "NFD"]) -> None:
    edit = unicodedata.normalize(form, f"IMG_1234{mark}.jpg")
    files = [*of("IMG_1234.jpg  IMG_12345.jpg"), at(edit, HOUR)]
    assert told(files) == expected(f"edit: {edit}  IMG_1234.jpg")


@pytest.mark.parametrize("why", CASES)
def test_a_reported_case(why: str) -> None:
    files, groups = CASES[why]
    wanted = expected(*groups)
    assert [(t, p, sorted(m)) for t, p, m in told(files)] == wanted
    assert [(t, p, sorted(m)) for t, p, m in told(files[::-1])] == wanted


def test_a_listed_time_is_as_fine_as_it_is_written() -> None:
    times = ("2024-05-01T12:00:00", "2024-05-01T12:00:00.000", "2024-05-01T12:00:00.5")
    rows = [{"path": f"IMG_{n}.jpg", "taken_at": time} for n, time in enumerate(times)]
    files = read_listing(json.dumps({"files": rows}))
    assert [file.precision for file in files] == [
        Precision.SECOND, Precision.SUBSECOND, Precision.SUBSECOND,
    ]  # fmt: skip
    assert group(files) == []
