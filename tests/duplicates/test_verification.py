"""What is told of candidates, and how often anything is compared for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pentaprism.duplicates.verification import (
    AT_ONCE,
    Candidate,
    Picture,
    Verified,
    verify,
)
from pentaprism.fingerprints.comparison import Comparison, label_of
from pentaprism.fingerprints.fingerprint import Fingerprint, PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.symmetries import COUNT, inverse
from pentaprism.groups.files import Kind

SAME = Comparison(1.0, same_pixels=True, upscaled=None)
CLOSE = Comparison(0.995, same_pixels=False, upscaled=None)
FAR = Comparison(0.0, same_pixels=False, upscaled=None)

type Asked = tuple[PictureFile, PictureFile, int]


class Answers:
    """Answers every comparison alike, and remembers what was asked."""

    def __init__(self, answer: Comparison | None) -> None:
        self.answer = answer
        self.calls: list[list[tuple[str, str, int]]] = []

    @property
    def asked(self) -> list[tuple[str, str, int]]:
        return [one for call in self.calls for one in call]

    async def compare(self, pairs: Sequence[Asked]) -> list[Comparison | None]:
        self.calls.append([(a.path, b.path, symmetry) for a, b, symmetry in pairs])
        return [self.answer] * len(pairs)


def still(key: int, sha256: bytes | None = None) -> Picture:
    return Picture(key, PictureFile(f"{key}.jpg", Kind.IMAGE), Fingerprint(phash=key), sha256)


def film(key: int, *frames: int) -> Picture:
    look = Fingerprint(duration_ms=9000, frames=frames)
    return Picture(key, PictureFile(f"{key}.mp4", Kind.VIDEO), look)


async def verified(answers: Answers, *candidates: Candidate) -> list[Verified]:
    return [found async for found in verify(candidates, answers)]


async def test_equal_bytes_are_identical_without_a_look() -> None:
    answers = Answers(None)
    found = await verified(answers, Candidate(still(7, b"x"), still(3, b"x"), 0))
    assert found == [Verified(3, 7, 0, 1.0, Label.IDENTICAL)]
    assert answers.asked == []


@pytest.mark.parametrize("answer", [SAME, CLOSE, FAR])
async def test_pictures_are_told_as_their_pixels_compare(answer: Comparison) -> None:
    found = await verified(Answers(answer), Candidate(still(1), still(2), 4))
    label = label_of(answer)
    told = [] if label is None else [Verified(1, 2, 4, answer.score, label)]
    assert found == told


async def test_what_cannot_be_compared_is_left_out() -> None:
    assert await verified(Answers(None), Candidate(still(1), still(2), 4)) == []


@pytest.mark.parametrize("symmetry", range(COUNT))
async def test_the_smaller_key_stands_first_and_the_other_one_is_turned(symmetry: int) -> None:
    answers = Answers(SAME)
    (found,) = await verified(answers, Candidate(still(9), still(4), 0, symmetry))
    assert (found.low, found.high, found.symmetry) == (4, 9, inverse(symmetry))
    assert answers.asked == [("4.jpg", "9.jpg", inverse(symmetry))]


@pytest.mark.parametrize(("end", "key"), [("a", 1), ("b", 2), (None, None)])
async def test_the_one_that_was_enlarged_is_told_by_its_key(end: str, key: int | None) -> None:
    answer = Comparison(0.995, same_pixels=False, upscaled=end)  # type: ignore[arg-type]
    (found,) = await verified(Answers(answer), Candidate(still(2), still(1), 0))
    assert found.upscaled == key


async def test_equal_bytes_are_compared_with_others_once() -> None:
    answers = Answers(SAME)
    copies = [still(key, b"x") for key in range(1, 6)]
    found = await verified(answers, *(Candidate(copy, still(9, b"y"), 2) for copy in copies))
    assert answers.asked == [("1.jpg", "9.jpg", 0)]
    assert [(one.low, one.high) for one in found] == [(key, 9) for key in range(1, 6)]


async def test_many_candidates_are_compared_in_batches_and_in_order() -> None:
    answers = Answers(SAME)
    many = [Candidate(still(0), still(key), 0) for key in range(1, 2 * AT_ONCE + 2)]
    found = await verified(answers, *many)
    assert [len(call) for call in answers.calls] == [AT_ONCE, AT_ONCE, 1]
    assert [one.high for one in found] == list(range(1, 2 * AT_ONCE + 2))


ALL = (1 << 64) - 1


@pytest.mark.parametrize(
    ("a", "b", "label"),
    [
        ((5, 9, 100), (5, 9, 100), Label.RECOMPRESSED),
        ((5, 9, 100), (5, 9 ^ 0b111, 100), Label.RECOMPRESSED),
        ((5, 9, 100), (9, 100), Label.RECOMPRESSED),
        ((5,), (5,), Label.SIMILAR),
        ((5, 9, 100), (5, 9, 100 ^ 0xFF), Label.SIMILAR),
        ((5, 9, 100), (ALL ^ 5, ALL ^ 9, ALL ^ 100), None),
        ((5, 9), (), None),
    ],
)
async def test_videos_are_told_by_their_frames(
    a: tuple[int, ...], b: tuple[int, ...], label: Label | None
) -> None:
    answers = Answers(SAME)
    found = await verified(answers, Candidate(film(1, *a), film(2, *b), 3))
    assert [one.label for one in found] == ([] if label is None else [label])
    assert all(0 <= one.score <= 1 for one in found)
    assert answers.asked == [], "frames tell, nothing is decoded"
