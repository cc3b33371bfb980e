"""Claims: which path each file of a mirror owns, the same in every run.

The first claimant of a path keeps the plain name; a later one gets a suffix made from its asset
id. Claims are recorded before anything is downloaded, so neither a crash nor another order of the
album moves a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from pentaprism.assets import Asset, Role
from pentaprism.mirrors.found import Found
from pentaprism.mirrors.names import fit, name_key, safe_name, split_extension

RESERVED = ".pentaprism"
"""The first component that no picture may have: it is where Pentaprism keeps its own files."""


type Paths = Mapping[Role, PurePosixPath]
"""Paths for files of one shot, by their role in it."""


def path_key(path: PurePosixPath | str) -> str:
    """Return what must be unique in a mirror: the path without case and Unicode form."""
    return name_key(str(path))


def shot_paths(primary: PurePosixPath, roles: Collection[Role], video_name: str = "") -> Paths:
    """Return the paths of the files in ``roles`` of a shot whose primary file is at ``primary``.

    The video of a live photo has the still's stem and the extension of ``video_name``; a sidecar
    has the whole name with ``.xmp`` behind it.
    """
    paths = {}
    stem, still_extension = split_extension(primary.name)
    if Role.PRIMARY in roles:
        paths[Role.PRIMARY] = primary
    if Role.VIDEO in roles:
        extension = split_extension(safe_name(video_name))[1] or ".mov"
        used = name_key(extension) in {name_key(still_extension), ".xmp"}
        paths[Role.VIDEO] = primary.with_name(fit(f"{stem}{extension}", "~live" if used else ""))
    if Role.SIDECAR in roles:
        paths[Role.SIDECAR] = primary.with_name(fit(f"{stem}.xmp", still_extension))
    return paths


def alternatives(plain: PurePosixPath, asset_id: str) -> Iterator[PurePosixPath]:
    """Yield the paths an asset may take, best first: plain, with a short suffix, with its id."""
    plain = unreserved(plain)
    yield plain
    yield plain.with_name(fit(plain.name, short_suffix(asset_id)))
    yield plain.with_name(fit(plain.name, long_suffix(asset_id)))


def short_suffix(asset_id: str) -> str:
    """Return what stands behind a name that was taken."""
    return long_suffix(asset_id)[:9]


def long_suffix(asset_id: str) -> str:
    """Return what stands behind a name whose short suffix was taken as well."""
    return f"~{asset_id.replace('-', '')}"


def unreserved(path: PurePosixPath) -> PurePosixPath:
    """Return ``path``, out of the folder that no picture may be in."""
    if name_key(path.parts[0]) != RESERVED:
        return path
    return PurePosixPath(f"{path.parts[0]}_", *path.parts[1:])


def conflict_copies(path: PurePosixPath, asset_id: str) -> Iterator[PurePosixPath]:
    """Yield the paths for a new version of a file that a person has edited in its place."""
    label = f"~conflict-{asset_id.replace('-', '')[:8]}"
    stem, extension = split_extension(path.name)
    base = path.with_name(stem.partition(label)[0] + extension)
    yield base.with_name(fit(base.name, label))
    for number in range(2, 1000):
        yield base.with_name(fit(base.name, f"{label}-{number}"))


class Claims:
    """Gives shots their paths, given the keys that are ``taken``.

    What was ``found`` in the folder unrecorded keeps its place: an asset with the content of such
    a file takes its path, and no other content does.
    """

    def __init__(self, found: Found) -> None:
        self.taken: set[str] = set()
        self._found = found

    def candidates(
        self, plain: PurePosixPath, asset: Asset, roles: Collection[Role], video_name: str = ""
    ) -> Iterator[Paths]:
        """Yield the paths that the files in ``roles`` of a new shot may take, best first.

        The last ones carry the whole asset id, so that one of them is always free.
        """
        known = self._found.paths(asset)
        first = [path for path in alternatives(plain, asset.id) if path in known] if known else []
        already = (*first, *(path for path in known if path not in first))
        for primary in already:
            yield shot_paths(primary, roles, video_name)
        for primary in alternatives(plain, asset.id):
            if primary not in already:
                yield shot_paths(primary, roles, video_name)

    def claim(self, candidates: Iterable[Paths], assets: Mapping[Role, Asset]) -> Paths | None:
        """Take and return the first of ``candidates`` that is free, or None.

        ``assets`` holds whose bytes the pictures among the files will have; a sidecar has none.
        """
        for paths in candidates:
            if self.claim_together([paths], [assets]):
                return paths
        return None

    def claim_together(self, wish: Sequence[Paths], assets: Sequence[Mapping[Role, Asset]]) -> bool:
        """Take all the paths of several shots, if each of them is free; tell whether they were."""
        keys: set[str] = set()
        for paths, pictures in zip(wish, assets, strict=True):
            for role, path in paths.items():
                key, asset = path_key(path), pictures.get(role)
                if key in self.taken or key in keys:
                    return False
                if asset and not self._found.admits(key, asset):
                    return False
                keys.add(key)
        self.taken |= keys
        return True

    def lies_here(self, asset: Asset) -> bool:
        """Tell whether the content of ``asset`` was found, so that it stays where it is."""
        return bool(self._found.paths(asset))


def keys_of(candidates: Iterable[Paths]) -> set[str]:
    """Return the keys of all ``candidates``, to ask the store which of them are taken."""
    return {path_key(path) for paths in candidates for path in paths.values()}
