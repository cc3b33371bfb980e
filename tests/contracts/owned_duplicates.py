"""Something of each kind about duplicates for a person, without looking for any."""

from __future__ import annotations

from pathlib import Path

from media_folders import jpeg, put

from pentaprism.hashing import hash_file
from pentaprism.program import Program
from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.store.digests import Digest
from pentaprism.store.duplicate_records import DuplicateGroup, VerdictKind
from pentaprism.store.journal_records import DecisionKind, ResolutionState


async def own_duplicates(program: Program, owner_id: str, root_id: str) -> dict[str, str]:
    """Give a person two equal files, a marked one, a verdict and a decision in the journal.

    Return the ids by the names of parameters. What is in the root already stays as it is.
    """
    store = program.app.store
    root = await store.roots.get(root_id)
    paths = [put(Path(root.path) / f"equal {n}" / f"{root.name} 7.jpg", jpeg(7)) for n in "ab"]
    await program.scans.start(root_id)
    await program.scans.ended(root_id)
    rows = {file.path: file.row for file in await store.library_files.files(root_id)}
    low, high = sorted(rows[str(path.relative_to(root.path))] for path in paths)
    digests = []
    for path in paths:
        row, hashes = rows[str(path.relative_to(root.path))], hash_file(str(path))
        changed = path.stat().st_mtime_ns
        digests.append(Digest(row, hashes.size, changed, hashes.sha1, hashes.sha256))
    await store.digests.record(digests)
    await program.app.duplicates.regroup()
    (group,) = (await store.duplicates.page(owner_id, source_id=root_id)).groups
    others = sorted(set(rows.values()) - {low, high})
    (verdict_id,) = await store.verdicts.add(
        owner_id, VerdictKind.KEEP_ALL, [(others[0], others[1])]
    )
    await store.duplicate_marks.add({high: low})
    review = await store.journal.begin_review(owner_id, root.name)
    decision = _decision(group, root_id, {row: path for path, row in rows.items()}, low, high)
    made = await store.journal.begin(review, DecisionKind.MARK, decision.as_json())
    await store.journal.set_state(made, ResolutionState.DONE)
    await store.journal.end_review(review.id)
    return {
        "duplicates_id": group.id,
        "marked_file": str(high),
        "verdict_id": str(verdict_id),
        "decision_id": made.id,
        "review_id": review.id,
    }


def _decision(
    group: DuplicateGroup, root_id: str, paths: dict[int, str], keeper: int, loser: int
) -> Decision:
    kept, other = (
        DecidedShot(row, (DecidedFile(row, paths[row], None, None, root_id=root_id),))
        for row in (keeper, loser)
    )
    return Decision(group.owner_id, group.id, group.label, group.score, kept, (other,))
