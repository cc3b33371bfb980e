"""A symmetry means the same to hashes, to the search and to the comparison: it turns b into a."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from painted import photo_like
from PIL import Image

from pentaprism.duplicates.search import turned_pairs
from pentaprism.fingerprints.comparison import Comparison, compare, label_of
from pentaprism.fingerprints.fingerprint import PictureFile
from pentaprism.fingerprints.labels import Label
from pentaprism.fingerprints.symmetries import COUNT, inverse, turn
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind


def saved(path: Path, pixels: np.ndarray, quality: int) -> PictureFile:
    Image.fromarray(np.ascontiguousarray(pixels)).save(path, quality=quality)
    return PictureFile(str(path), Kind.IMAGE)


@pytest.mark.parametrize("swapped", [False, True], ids=["copy right", "copy left"])
@pytest.mark.parametrize("symmetry", range(1, COUNT))
def test_the_symmetry_that_was_found_is_the_one_that_turns_the_copy_back(
    symmetry: int, swapped: bool, tmp_path: Path
) -> None:
    upright = np.asarray(photo_like(31, (240, 180)))
    files = [
        saved(tmp_path / "original.jpg", upright, 92),
        saved(tmp_path / "turned.jpg", turn(upright, symmetry), 80),
    ]
    if swapped:
        files.reverse()
    taken = [take(file) for file in files]
    hashes = np.array([one.phash for one in taken], np.uint64)
    turned = np.array([one.turned for one in taken], np.uint64)

    found = turned_pairs(hashes, turned, 10)

    assert (found.left.tolist(), found.right.tolist()) == ([0], [1])
    back = symmetry if swapped else inverse(symmetry)
    assert found.symmetry.tolist() == [back]

    def looked(way: int) -> Comparison:
        return compare(files[0], files[1], way)

    assert looked(back).score > 0.9
    assert label_of(looked(back)) is Label.SIMILAR
    for other in {0, inverse(back)} - {back}:
        assert label_of(looked(other)) is None
