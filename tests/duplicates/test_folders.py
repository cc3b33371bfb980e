"""Duplicates among files of plain folders, with pictures that look as each test says."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pentaprism.duplicates.folders import FolderSearch, Ways
from pentaprism.duplicates.keeper_rules import RULES as KEEPER_RULES
from pentaprism.duplicates.plain_files import (
    Details,
    Findings,
    Phase,
    PlainFile,
    Progress,
    Unreadable,
    Wish,
)
from pentaprism.fingerprints.comparison import Comparison
from pentaprism.fingerprints.fingerprint import FLAT, Fingerprint, PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.groups.files import Precision
from pentaprism.groups.rules import RULES

type Digest = bytes
TOP = "/photos"
NOON = datetime(2024, 5, 1, 12)  # noqa: DTZ001 - wall-clock time
FAR = 0x0F0F_3333_5555_6699


@dataclass
class Library:
    """Files by path: how they look, what is in them, and when they were taken."""

    looks: Mapping[str, Fingerprint]
    bytes: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, datetime] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    answer: Comparison = Comparison(0.99, same_pixels=False, upscaled=None)  # noqa: RUF009
    apart: frozenset[frozenset[str]] = frozenset()
    looked: list[str] = field(default_factory=list)
    compared: list[tuple[str, str]] = field(default_factory=list)

    async def take(self, files: Sequence[PictureFile]) -> list[Fingerprint]:
        self.looked += [file.path for file in files]
        return [self.looks[file.path.removeprefix(f"{TOP}/")] for file in files]

    async def compare(
        self, pairs: Sequence[tuple[PictureFile, PictureFile, int]]
    ) -> list[Comparison | None]:
        names = [tuple(f.path.removeprefix(f"{TOP}/") for f in (a, b)) for a, b, _ in pairs]
        self.compared += [(a, b) for a, b in names]
        return [None if frozenset(pair) in self.apart else self.answer for pair in names]

    async def read(self, paths: Sequence[str]) -> list[Details]:
        return [self._details(path.removeprefix(f"{TOP}/")) for path in paths]

    def _details(self, name: str) -> Details:
        at, identifier = self.taken.get(name), self.identifiers.get(name)
        if at is None:
            return Details(content_identifier=identifier)
        return Details(at, Precision.SUBSECOND, camera="X-T5", content_identifier=identifier)

    async def hash(self, paths: Sequence[str]) -> list[Digest | OSError]:
        found: list[Digest | OSError] = []
        for path in paths:
            data = self.bytes.get(path.removeprefix(f"{TOP}/"), path)
            if data:
                found.append(hashlib.sha256(data.encode()).digest())
            else:
                found.append(OSError(errno.EACCES, "Permission denied", path))
        return found

    async def search(self, wish: Wish = Wish(), progress: Progress | None = None) -> Findings:  # noqa: B008
        files = []
        for path in sorted(self.looks):
            folder, _, name = f"{TOP}/{path}".rpartition("/")
            size = len(self.bytes.get(path, path)) or 9
            files.append(PlainFile(folder, name, size))
        ways = Ways(self, self.read, RULES, KEEPER_RULES, self.hash)
        return await FolderSearch(files, [TOP], ways, wish, progress or Progress()).run()


def looks(*paths: str, phash: int = FAR, content: float = FLAT + 9) -> dict[str, Fingerprint]:
    return dict.fromkeys(paths, Fingerprint(phash=phash, content=content))


def names(found: Findings) -> list[list[str]]:
    """The files of each group."""
    return [
        [file.path.removeprefix(f"{TOP}/") for shot in group.shots for file in shot]
        for group in found.groups
    ]


async def test_a_thousand_copies_are_looked_at_once() -> None:
    paths = [f"{number:04d}/a.jpg" for number in range(1000)]
    library = Library(looks(*paths), dict.fromkeys(paths, "the same"))
    found = await library.search()
    assert [sorted(group) for group in names(found)] == [paths]
    assert found.groups[0].label is Label.IDENTICAL
    assert library.looked == [f"{TOP}/0000/a.jpg"]
    assert library.compared == []


async def test_copies_are_compared_with_others_once() -> None:
    copies = [f"{number}/a.jpg" for number in range(20)]
    library = Library(looks(*copies, "b.jpg"), dict.fromkeys(copies, "the same"))
    found = await library.search()
    assert [sorted(group) for group in names(found)] == [[*sorted(copies), "b.jpg"]]
    assert found.groups[0].label is Label.RECOMPRESSED
    assert len(library.compared) == 1


async def test_groups_do_not_chain() -> None:
    library = Library(looks("a/1.jpg", "b/2.jpg", "c/3.jpg"))
    library.apart = frozenset({frozenset({"a/1.jpg", "c/3.jpg"})})
    assert len(names(await library.search())) == 1
    assert len(names(await library.search())[0]) == 2


async def test_flat_pictures_are_duplicates_by_their_bytes_only() -> None:
    flat = looks("a.jpg", "b.jpg", "c.jpg", content=FLAT / 2)
    library = Library(flat, {"a.jpg": "white", "c.jpg": "white"})
    assert names(await library.search()) == [["a.jpg", "c.jpg"]]
    assert library.compared == []


async def test_frames_of_a_burst_are_duplicates_only_of_the_same_picture() -> None:
    frames = [f"IMG_{number}.jpg" for number in range(4)]
    taken = {name: NOON + timedelta(milliseconds=100 * n) for n, name in enumerate(frames)}
    library = Library(looks(*frames), taken=taken)
    assert names(await library.search()) == []
    library.answer = Comparison(1.0, same_pixels=True, upscaled=None)
    assert [sorted(group) for group in names(await library.search())] == [frames]


async def test_a_shot_shares_one_file_with_another() -> None:
    paths = ["a/X.DNG", "a/X.JPG", "b/X.JPG"]
    library = Library(looks(*paths), {"a/X.JPG": "jpeg", "b/X.JPG": "jpeg"})
    found = await library.search()
    assert names(found) == [["a/X.JPG", "a/X.DNG", "b/X.JPG"]]
    assert found.groups[0].label is Label.IDENTICAL
    assert found.groups[0].bytes == len("jpeg")
    assert [file.score for shot in found.groups[0].shots for file in shot] == [1.0, 1.0, 1.0]


async def test_halves_of_live_photos_go_together_whatever_they_are_called() -> None:
    stills, video = ["a/IMG_1.HEIC", "b/IMG_1.HEIC"], "a/IMG_9.MOV"
    film = Fingerprint(duration_ms=2000, frames=(1, 2))
    library = Library(
        {**looks(*stills), video: film, "a/IMG_7.MOV": film},
        dict.fromkeys(stills, "still"),
        identifiers={**dict.fromkeys(stills, "one"), video: "one", "a/IMG_7.MOV": "other"},
    )
    found = await library.search()
    assert names(found) == [["a/IMG_1.HEIC", "a/IMG_9.MOV", "b/IMG_1.HEIC"]]


async def test_an_enlarged_picture_is_not_kept() -> None:
    small = Fingerprint(phash=FAR, content=FLAT + 9, width=800, height=600)
    large = Fingerprint(phash=FAR, content=FLAT + 9, width=3200, height=2400)
    library = Library({"a/small.jpg": small, "b/large.jpg": large})
    assert names(await library.search())[0][0] == "b/large.jpg"
    library.answer = Comparison(0.99, same_pixels=False, upscaled="b")
    (group,) = (await library.search()).groups
    assert group.keeper.path == f"{TOP}/a/small.jpg"
    assert group.reasons[0].code == "not_enlarged"


async def test_what_cannot_be_read_is_told_for_every_copy() -> None:
    bad = dict.fromkeys(("a.jpg", "b.jpg"), Fingerprint(problem="damaged"))
    shut = {**looks("c.jpg"), **looks("d.jpg", phash=~FAR % 2**64)}
    library = Library({**bad, **shut}, {"a.jpg": "cut", "b.jpg": "cut", "c.jpg": "", "d.jpg": ""})
    found = await library.search()
    assert names(found)[0] == ["a.jpg", "b.jpg"], "equal bytes are equal, whatever they are"
    assert found.unreadable == tuple(
        Unreadable(f"{TOP}/{name}", why)
        for name, why in (
            ("a.jpg", "damaged"),
            ("b.jpg", "damaged"),
            ("c.jpg", "not_permitted"),
            ("d.jpg", "not_permitted"),
        )
    )


async def test_exact_looks_at_nothing() -> None:
    library = Library(looks("a.jpg", "b.jpg", "c.jpg"), {"a.jpg": "x", "b.jpg": "x"})
    assert names(await library.search(Wish(exact=True))) == [["a.jpg", "b.jpg"]]
    assert library.looked == []


async def test_the_distance_is_kept_to() -> None:
    near = {**looks("a/1.jpg"), **looks("b/2.jpg", phash=FAR ^ 0b111)}
    assert names(await Library(near).search(Wish(distance=2))) == []
    assert len(names(await Library(near).search(Wish(distance=3)))) == 1


async def test_groups_with_the_most_to_gain_come_first() -> None:
    small, large = ("a/1.jpg", "b/1.jpg"), ("a/2.jpg", "b/2.jpg")
    library = Library(
        {**looks(*small), **looks(*large, phash=~FAR % 2**64)},
        {**dict.fromkeys(small, "small"), **dict.fromkeys(large, "much larger")},
    )
    assert [sorted(group) for group in names(await library.search())] == [[*large], [*small]]


async def test_the_progress_goes_through_the_phases() -> None:
    @dataclass(slots=True)
    class Told(Progress):
        phases: list[Phase] = field(default_factory=list)

        def begin(self, phase: Phase, total: int = 0) -> None:
            Progress.begin(self, phase, total)
            self.phases.append(phase)

    progress = Told()
    await Library(looks("a/1.jpg", "b/2.jpg")).search(progress=progress)
    assert progress.phases == list(Phase)[1:]
    assert progress.done == progress.total
