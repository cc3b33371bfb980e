"""How far a search for duplicates is, in words."""

from __future__ import annotations

import pytest

from pentaprism.cli.duplicate_progress import in_words, look_at, look_at_index
from pentaprism.duplicates.plain_files import Phase, Progress
from pentaprism.duplicates.progress import DuplicatePhase, DuplicateProgress


@pytest.mark.parametrize(
    ("done", "total", "rate", "left", "says"),
    [
        (0, 0, None, None, "looking"),
        (12_345, 0, None, None, "looking, 12,345"),
        (0, 20_000, None, None, "looking, 0 of 20,000"),
        (1_000, 20_000, 250.4, 76.0, "looking, 1,000 of 20,000, 250/s, 1:16 left"),
        (3, 9, 0.05, 120.0, "looking, 3 of 9, 3 a minute, 2:00 left"),
        (1, 9_000_000, 100.0, 89_999.9, "looking, 1 of 9,000,000, 100/s, 25:00:00 left"),
    ],
)
def test_rate_and_time_left_are_told_once_they_are_known(
    done: int, total: int, rate: float | None, left: float | None, says: str
) -> None:
    assert in_words("looking", done, total, rate, left) == says


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_in_folders_has_its_words(phase: Phase) -> None:
    progress = Progress()
    progress.begin(phase, 7)
    shown = look_at(progress)
    assert shown.text.endswith(", 0 of 7"), "no rate in the first moments"
    assert (shown.done, shown.total) == (0, 7)


@pytest.mark.parametrize("phase", DuplicatePhase)
def test_every_phase_in_the_index_has_its_words(phase: DuplicatePhase) -> None:
    progress = DuplicateProgress()
    progress.begin(phase, 7)
    assert look_at_index(progress).text.endswith(", 0 of 7")
