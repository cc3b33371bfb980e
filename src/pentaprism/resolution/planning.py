"""What has to be done in Immich so that one shot is kept and nothing of the others is lost.

Albums, favourite, tags, description, rating, place and stacks of the losers are merged into the
keeper's primary asset, and the losers' assets go to Immich's trash, in the last step and in one
call. Whatever stands in the way refuses the whole decision: a shot is kept or trashed as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pentaprism.resolution.decision import DecidedFile, DecidedShot, Decision
from pentaprism.resolution.merging import joined, merge_steps
from pentaprism.resolution.remarks import Note, NoteCode, Refusal, RefusalCode
from pentaprism.resolution.seen import SeenAsset
from pentaprism.resolution.stacking import stack_steps
from pentaprism.store.journal_records import PlannedStep, StepKind

type Seen = Mapping[str, SeenAsset]
"""Assets by their ids, as they were looked at; one that is gone is not in it."""


@dataclass(slots=True)
class ResolutionPlan:
    """Steps in their order, why it may not be done, and what is worth knowing.

    With ``refusals`` nothing is done. ``marks`` are files in roots, which are only noted.
    ``keeper_asset_id`` is what is merged into, None where the keeper is not in Immich.
    """

    keeper_asset_id: str | None = None
    steps: list[PlannedStep] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    marks: list[DecidedFile] = field(default_factory=list)

    @property
    def trashed(self) -> tuple[str, ...]:
        """The assets that go to Immich's trash."""
        return next((tuple(s.after) for s in self.steps if s.kind is StepKind.TRASH), ())


def plan(decision: Decision, connection_id: str | None, user_id: str, seen: Seen) -> ResolutionPlan:
    """Return what carries ``decision`` out at a connection, whose user is ``user_id``.

    ``seen`` are all assets of the decision there, and those in stacks with them. Without a
    connection everything is about files in roots, which are marked.
    """
    planning = _Planning(decision, connection_id, user_id, seen)
    if connection_id is not None and planning.losers:
        planning.judge()
        if not planning.plan.refusals:
            planning.merge()
    return planning.plan


class _Planning:
    def __init__(
        self, decision: Decision, connection_id: str | None, user_id: str, seen: Seen
    ) -> None:
        self.plan = ResolutionPlan()
        self._decision = decision
        self._connection_id = connection_id
        self._user_id = user_id
        self._seen = seen
        self._keeper_files = self._assets(decision.keeper)
        self._loser_files = [file for shot in decision.losers for file in self._assets(shot)]
        self.losers = self._present_losers()
        self._tell_what_is_not_touched()

    def judge(self) -> None:
        """Find what stands in the way."""
        self._judge_keeper()
        for file, asset in self.losers:
            self._judge_loser(file, asset)

    def merge(self) -> None:
        """Plan the steps."""
        plan, losers = self.plan, [asset for _, asset in self.losers]
        if self._keeper_files:
            keeper = self._shown_keeper()
            plan.keeper_asset_id = keeper[0].id
            plan.steps += merge_steps(keeper, losers)
            self._tell_of_keeper(keeper[0], losers)
            steps, taken = stack_steps(keeper, losers)
            plan.steps += steps
            plan.notes += [Note(NoteCode.STACK_LEFT, stack_id) for stack_id in taken]
        else:
            plan.notes.append(Note(NoteCode.LEAVES_IMMICH))
        shown = {step.target for step in plan.steps if step.kind is StepKind.COVER}
        ids = [asset.id for asset in losers]
        plan.steps.append(PlannedStep(StepKind.TRASH, None, None, None, [], ids))
        for file, asset in self.losers:
            if asset.external:
                plan.notes.append(Note(NoteCode.EXTERNAL, asset.id, file.path))
            if any(album.cover_id == asset.id and album.id not in shown for album in asset.albums):
                plan.notes.append(Note(NoteCode.COVER, asset.id, file.path))

    def _assets(self, shot: DecidedShot) -> tuple[DecidedFile, ...]:
        return shot.assets(self._connection_id) if self._connection_id is not None else ()

    def _present_losers(self) -> list[tuple[DecidedFile, SeenAsset]]:
        present = []
        for file in self._loser_files:
            asset = self._seen.get(file.asset_id or "")
            if asset is None:
                self._note(NoteCode.GONE, file)
            elif asset.trashed:
                self._note(NoteCode.ALREADY_TRASHED, file)
            else:
                present.append((file, asset))
        # The hidden video of a live photo follows its still.
        videos = {asset.live_video_id for _, asset in present}
        return [(file, asset) for file, asset in present if asset.id not in videos]

    def _tell_what_is_not_touched(self) -> None:
        for shot in self._decision.losers:
            self.plan.marks += shot.in_roots
            for file in shot.files:
                if file.connection_id not in {None, self._connection_id}:
                    self._note(NoteCode.OTHER_CONNECTION, file)

    def _shown_keeper(self) -> list[SeenAsset]:
        every = [self._seen[file.asset_id or ""] for file in self._keeper_files]
        return [asset for asset in every if not asset.hidden]

    def _judge_keeper(self) -> None:
        refusals = []
        for file in self._keeper_files:
            asset = self._seen.get(file.asset_id or "")
            code = _keeper_trouble(file, asset, self._user_id)
            if code is not None:
                refusals.append(_refusal(code, file))
        known = [self._seen.get(file.asset_id or "") for file in self._keeper_files]
        if not self._keeper_files:
            if not self._decision.allow_leaving_immich:
                refusals.append(Refusal(RefusalCode.KEEPER_NOT_IN_IMMICH))
        elif not refusals and all(asset is None or asset.hidden for asset in known):
            refusals.append(_refusal(RefusalCode.KEEPER_HIDDEN, self._keeper_files[0]))
        self.plan.refusals += refusals

    def _judge_loser(self, file: DecidedFile, asset: SeenAsset) -> None:
        code = _loser_trouble(file, asset, self._user_id)
        if code is None and asset.external:
            code = self._file_trouble(file)
        if code is not None:
            self.plan.refusals.append(_refusal(code, file))
        kept = {
            album.id
            for one in self._keeper_files
            if (keeper := self._seen.get(one.asset_id or "")) is not None
            for album in keeper.albums
        }
        if self._keeper_files:
            self.plan.refusals += [
                Refusal(RefusalCode.ALBUM_CLOSED, asset.id, file.path, album.name)
                for album in asset.albums
                if not album.editable and album.id not in kept
            ]

    def _file_trouble(self, file: DecidedFile) -> RefusalCode | None:
        """Return why the file of an external library may be the very one that is kept."""
        if not self._keeper_files:
            return RefusalCode.MAYBE_SAME_FILE
        for keeper in self._keeper_files:
            asset = self._seen.get(keeper.asset_id or "")
            if asset is not None and asset.external and keeper.path == file.path:
                return RefusalCode.SAME_FILE
        return None

    def _tell_of_keeper(self, keeper: SeenAsset, losers: Sequence[SeenAsset]) -> None:
        text, notes = joined(keeper.description, losers), self.plan.notes
        if keeper.description.strip() and text != keeper.description:
            notes.append(Note(NoteCode.DESCRIPTIONS_JOINED, keeper.id))
        if keeper.archived and not all(asset.archived for asset in losers):
            notes.append(Note(NoteCode.KEEPER_ARCHIVED, keeper.id))
        beside = any(
            step.kind is StepKind.TAGS
            or (step.kind is StepKind.METADATA and step.after.keys() - {"favourite"})
            for step in self.plan.steps
        )
        if keeper.external and beside:
            notes.append(Note(NoteCode.SIDECAR, keeper.id, self._keeper_files[0].path))

    def _note(self, code: NoteCode, file: DecidedFile) -> None:
        self.plan.notes.append(Note(code, file.asset_id, file.path))


def _keeper_trouble(file: DecidedFile, asset: SeenAsset | None, user: str) -> RefusalCode | None:
    if asset is None:
        return RefusalCode.KEEPER_GONE
    if asset.trashed:
        return RefusalCode.KEEPER_TRASHED
    if asset.offline:
        return RefusalCode.KEEPER_OFFLINE
    if asset.locked:
        return RefusalCode.LOCKED
    return _identity_trouble(file, asset, user)


def _loser_trouble(file: DecidedFile, asset: SeenAsset, user: str) -> RefusalCode | None:
    if asset.offline:
        return RefusalCode.OFFLINE
    if asset.locked:
        return RefusalCode.LOCKED
    if asset.hidden:
        return RefusalCode.HIDDEN
    return _identity_trouble(file, asset, user)


def _identity_trouble(file: DecidedFile, asset: SeenAsset, user: str) -> RefusalCode | None:
    if asset.owner_id != user:
        return RefusalCode.NOT_OURS
    # Of a file in an external library Immich's checksum is that of its path.
    if not asset.external and file.sha1 is not None and asset.sha1 != file.sha1:
        return RefusalCode.CHANGED
    return None


def _refusal(code: RefusalCode, file: DecidedFile) -> Refusal:
    return Refusal(code, file.asset_id, file.path)
