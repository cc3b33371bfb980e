"""What people read about duplicates in folders."""

from __future__ import annotations

import pytest

from pentaprism.cli.duplicate_report import of_findings, show
from pentaprism.cli.duplicate_sources import Walked
from pentaprism.duplicates.plain_files import Findings, FoundFile, FoundGroup
from pentaprism.fingerprints.labels import Label

TOP = "/photos"


def group(label: Label, score: float) -> FoundGroup:
    shots = [(FoundFile(f"{TOP}/{name}", 1000, None, None, score),) for name in ("a.jpg", "b.jpg")]
    return FoundGroup(label, score, tuple(shots), ())


def shown(capsys: pytest.CaptureFixture[str], findings: Findings) -> tuple[str, str]:
    show(of_findings(Walked([TOP]), findings))
    out, err = capsys.readouterr()
    return out, err


@pytest.mark.parametrize(
    ("label", "score", "told"),
    [
        (Label.IDENTICAL, 1.0, "identical: 1 duplicate"),
        (Label.SAME_PICTURE, 1.0, "same picture: 1 duplicate"),
        (Label.RECOMPRESSED, 0.9999, "recompressed or resized, 99% alike: 1 duplicate"),
        (Label.SIMILAR, 0.42, "similar, 42% alike: 1 duplicate"),
        (Label.SIMILAR, 0.57, "similar, 57% alike: 1 duplicate"),
    ],
)
def test_only_what_is_equal_is_wholly_alike(
    capsys: pytest.CaptureFixture[str], label: Label, score: float, told: str
) -> None:
    out, _ = shown(capsys, Findings((group(label, score),), ()))
    assert out.startswith(told)
    assert "100%" not in out


def test_crowds_are_told_with_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = shown(capsys, Findings((), (), crowded=3000))
    assert out == "No duplicates.\n"
    assert "3,000 pictures" in err
    assert "--distance" in err
    assert shown(capsys, Findings((), ()))[1] == ""
