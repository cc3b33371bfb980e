"""Marks: what cameras and programs add to the name of a shot, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from pentaprism.groups.kinds import RAW


class Makes(Enum):
    """What a mark makes of a file.

    A ``COPY`` counts names up: it is the same shot only if it was taken at the same time.
    """

    EDIT = auto()
    VARIANT = auto()
    COVER = auto()
    COPY = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of the table.

    ``pattern`` is a regular expression, without groups, for the end of a folded stem; with
    ``keeps`` it is one for its beginning, which ``keeps`` takes the place of. ``beside_bare`` marks
    are marks only where a file without them is there too. ``beside_working`` ones take the place of
    a ``COPY`` where that is a working file and no picture. ``rank`` orders files with equally many
    marks, the highest first; a file without a mark has 0.
    """

    name: str
    makes: Makes
    pattern: str
    example: str
    says: str
    beside_bare: bool = False
    beside_working: bool = False
    rank: int = 0
    keeps: str | None = None


FINAL = 9
"""The rank of an edit that goes before all others."""

_EDITED = (
    "edit", "edited", "retouched", "retouch", "modified",
    "bearbeitet", "bewerkt", "modifié", "modifie", "modificato", "modificata", "ha editado",
    "editado", "editada", "editat", "edytowane", "edytowany", "redigerad", "redigeret", "redigert",
    "muokattu", "muudetud", "redaguota", "rediģēts", "urejeno", "editată", "upraveno", "upravené",
    "szerkesztett", "szerkesztve", "düzenlendi", "uređeno",
    "отредактировано", "изменено", "відредаговано", "редактирано", "επεξεργασμένο", "編集済み",
    "已修改", "已编辑", "已編輯", "편집됨", "수정됨", "แก้ไขแล้ว",
    "đã chỉnh sửa", "diedit", "נערך", "معدلة",
)  # fmt: skip
_MODES = (
    r"(?:raw|mp|mv|night|portrait|pano|long_exposure|action_pan|motion|astro|macro|macro_focus"
    r"|photosphere|cinematic|ts|ls|vb|dual|tele|ultra_wide)(?:-\d\d)?"
)

MARKS: tuple[Mark, ...] = (
    Mark(
        "apple_edit", Makes.EDIT, r"img_e(?=\d{4})", "IMG_E1234.JPG",
        "An edit that an iPhone exported, of IMG_1234.", rank=2, keeps="img_",
    ),
    Mark(
        "apple_original", Makes.VARIANT, r"img_o(?=\d{4})", "IMG_O1234.AAE",
        "What an iPhone keeps of the original of IMG_1234.", keeps="img_",
    ),
    Mark(
        "gopro", Makes.VARIANT, r"g[hl](?=\d{6}\Z)", "GL010001.LRV",
        "The small video that a GoPro makes of GX010001 or GH010001.", keeps="gx",
    ),
    Mark(
        "final", Makes.EDIT, r"[-_. ]final(?:[-_ ]?v?\d{1,2})?", "X-final.jpg",
        "A final export; it goes before other edits.", rank=FINAL,
    ),
    Mark(
        "edited", Makes.EDIT, rf"[-_. ]\(?(?:{'|'.join(_EDITED)})\)?(?:[-_ ]?\d{{1,2}})?",
        "X-edited.jpg", "An edit, in any language that Google Takeout writes, or Lightroom's -Edit "
        "with a number or without.", rank=2,
    ),
    Mark(
        "enhanced", Makes.EDIT, r"-enhanced(?:-(?:nr|sr|rd))*", "X-Enhanced-NR.dng",
        "Lightroom's enhanced copy.", rank=1,
    ),
    Mark(
        "dxo", Makes.EDIT, r"[-_]dxo(?:[-_ ][a-z]+\d{0,2})*", "X_DxO.jpg",
        "An export of DxO.", rank=1,
    ),
    Mark(
        "cut_edited", Makes.EDIT, r"-(?:e|ed|edi|edite)", "X-edi.jpg",
        "-edited, cut short by Google Takeout, beside X.", beside_bare=True, rank=2,
    ),
    Mark(
        "effects", Makes.EDIT, r"-(?:effects|smile|mix)", "X-EFFECTS.jpg",
        "What Google Photos made of X, beside it.", beside_bare=True, rank=1,
    ),
    Mark(
        "numbered_edit", Makes.EDIT, r"[-~]\d{1,2}", "X~2.jpg, X-2.jpg",
        "An edit beside X; the highest number goes first.", beside_bare=True, rank=1,
    ),
    Mark(
        "crop", Makes.EDIT, r"[-_. ]crop(?:ped)?", "X_crop.jpg", "A part cut out of X, beside it.",
        beside_bare=True, rank=1,
    ),
    Mark(
        "numbered_export", Makes.EDIT, r"_\d{1,2}", "X.psd, X_1.jpg",
        "An export of the working file X, where no picture is called X; the highest number goes "
        "first.", beside_working=True, rank=1,
    ),
    Mark(
        "pixel_cover", Makes.COVER, rf"(?:\.{_MODES})*\.cover", "PXL_x.RAW-01.COVER.jpg",
        "The picture that a Pixel shows of several.",
    ),
    Mark(
        "pixel_original", Makes.VARIANT,
        # Google Takeout cuts long names short.
        rf"(?:\.{_MODES})*\.original|(?:\.{_MODES})+\.orig(?:i|in|ina)?",
        "PXL_x.RAW-02.ORIGINAL.dng", "What a Pixel made its cover from.", rank=-1,
    ),
    Mark(
        "pixel_motion", Makes.VARIANT, r"\.m[pv]", "PXL_x.MP.jpg",
        "A Pixel's motion photo.", rank=1,
    ),
    Mark(
        "pixel_mode", Makes.VARIANT, rf"(?:\.{_MODES})+", "PXL_x.NIGHT.jpg",
        "Another mode of a Pixel's camera.", rank=-1,
    ),
    Mark(
        "burst_cover", Makes.COVER, r"_cover", "DSC_0052_BURST20230709220904977_COVER.JPG",
        "The frame that a phone shows of its burst.",
    ),
    Mark(
        "hevc", Makes.VARIANT, r"_hevc", "IMG_1234_HEVC.MOV",
        "The video of a live photo in the other format.", rank=-1,
    ),
    Mark(
        "shotwell", Makes.VARIANT,
        rf"_(?:(?:{'|'.join(sorted(RAW))})_(?:embedded|shotwell|camera)|embedded|shotwell)"
        r"(?:_\d{1,2})?",
        "X_CR2_embedded.jpg", "The picture that Shotwell took from the RAW file, or developed.",
        rank=-1,
    ),
    Mark(
        "hdr", Makes.VARIANT, r"[-_]hdr", "X_HDR.jpg", "The same shot in HDR, beside X.",
        beside_bare=True, rank=-1,
    ),
    Mark(
        "fastfoto_enhanced", Makes.VARIANT, r"_a", "X_a.jpg",
        "Epson FastFoto's enhanced scan, beside X.", beside_bare=True, rank=1,
    ),
    Mark(
        "fastfoto_back", Makes.VARIANT, r"_b", "X_b.jpg",
        "Epson FastFoto's scan of the back, beside X.", beside_bare=True, rank=-1,
    ),
    Mark(
        "copy", Makes.COPY, r"(?: - |[-_ ])(?:copy|kopie|copie|copia|kopia)(?: ?\(?\d{1,2}\)?)?",
        "X - Copy.jpg", "A copy beside X, if it was taken at the same time.",
        beside_bare=True, rank=-2,
    ),
    Mark(
        "counter", Makes.COPY, r" ?\(\d{1,2}\)|_\d{1,2}", "X(1).jpg, X_1.jpg",
        "A copy beside X, if it was taken at the same time; with another time another shot.",
        beside_bare=True, rank=-2,
    ),
)  # fmt: skip
"""The marks that are known, the most specific first."""
