"""``duplicates DIR``: plain folders, without Immich and without an index."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import av
import pytest
from command_line import PROGRAM, CommandLine, start
from painted import flat_frame, photo_like
from PIL import Image, ImageEnhance

from pentaprism.cli.exits import Exit

SIZE = (400, 300)


def jpeg(picture: Image.Image, quality: int = 90, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def as_form(picture: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of all sorts, and with what is no copy of anything."""
    top = tmp_path_factory.mktemp("photos")
    one, two, three = (photo_like(seed, SIZE) for seed in (1, 2, 3))
    put(top / "one.jpg", jpeg(one))
    put(top / "backup" / "one again.jpg", jpeg(one))
    put(top / "two.jpg", jpeg(two, 92))
    put(top / "sent" / "two.jpg", jpeg(two.resize((200, 150)), 60))
    tags = Image.Exif()
    tags[0x0110] = "PENTAX K-1"
    put(top / "three.jpg", jpeg(three, exif=tags.tobytes()))
    put(top / "plain" / "three.jpg", jpeg(three))
    for seed in (11, 12, 13):
        put(top / f"other{seed}.jpg", jpeg(photo_like(seed, SIZE)))
        put(top / f"white{seed}.jpg", jpeg(flat_frame("white", seed, SIZE)))
    put(top / "notes.txt", b"no picture")
    return top


@pytest.fixture(scope="module")
def told(made: Path) -> dict[str, Any]:
    """What is found in it, by a process of its own."""
    ended = subprocess.run(
        [*PROGRAM, "duplicates", str(made), "--json", "--workers", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def names(group: dict[str, Any], top: Path) -> set[str]:
    return {os.path.relpath(member["path"], top) for member in group["members"]}


def test_copies_are_found_with_their_labels_and_nothing_else_is(
    told: dict[str, Any], made: Path
) -> None:
    found = {frozenset(names(group, made)): group["label"] for group in told["groups"]}
    assert found == {
        frozenset({"one.jpg", "backup/one again.jpg"}): "identical",
        frozenset({"two.jpg", "sent/two.jpg"}): "recompressed",
        frozenset({"three.jpg", "plain/three.jpg"}): "same_picture",
    }
    assert told["unreadable"] == []


def test_the_answer_has_the_shape_that_scripts_know(told: dict[str, Any]) -> None:
    assert set(told) == {"groups", "unreadable"}
    for group in told["groups"]:
        assert set(group) == {"label", "keeper", "members"}
        assert group["keeper"] == group["members"][0]["path"]
        assert group["members"][0]["score"] == 1
        for member in group["members"]:
            assert set(member) == {"path", "sha256", "phash", "score"}
            data = Path(member["path"]).read_bytes()
            assert member["sha256"] == hashlib.sha256(data).hexdigest()
            assert len(member["phash"]) == 16
            assert 0 <= int(member["phash"], 16) < 1 << 64
            assert 0 < member["score"] <= 1


def test_the_better_one_is_to_be_kept(told: dict[str, Any], made: Path) -> None:
    keepers = {os.path.relpath(group["keeper"], made) for group in told["groups"]}
    assert {"two.jpg", "three.jpg"} < keepers


def test_people_read_which_one_to_keep_and_why(pentaprism: CommandLine, made: Path) -> None:
    shown = pentaprism.done("duplicates", made, "--label", "recompressed", "--workers", 1).out
    assert "recompressed or resized" in shown
    assert "keep  two.jpg" in shown
    assert "It is larger: 400 x 300, the other 200 x 150." in shown
    assert "1 group, 1 duplicate" in shown
    assert "Nothing was changed." in shown
    assert "one.jpg" not in shown


def test_labels_are_chosen(pentaprism: CommandLine, made: Path) -> None:
    wanted = ["--label", "identical", "--label", "same_picture"]
    groups = pentaprism.done("duplicates", made, *wanted, "--json").json["groups"]
    assert {group["label"] for group in groups} == {"identical", "same_picture"}


def test_exact_looks_at_no_picture(pentaprism: CommandLine, made: Path) -> None:
    (group,) = pentaprism.done("duplicates", made, "--exact", "--json").json["groups"]
    assert names(group, made) == {"one.jpg", "backup/one again.jpg"}
    assert {member["phash"] for member in group["members"]} == {None}


def test_nothing_is_written_and_no_database_is_loaded(made: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    program = (
        "import sys\n"
        "from pentaprism.cli import run\n"
        f"code = run(['duplicates', {str(made)!r}, '--json', '--workers', '1'])\n"
        "heavy = {'sqlalchemy', 'aiosqlite', 'alembic', 'aiohttp', 'fastapi', 'pentaprism.store',\n"
        "         'pentaprism.app', 'pentaprism.immich'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run([PROGRAM[0], "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0 []"
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == before
    assert list(tmp_path.iterdir()) == []


def test_turned_copies_are_found_on_request(pentaprism: CommandLine, tmp_path: Path) -> None:
    picture = photo_like(5, SIZE)
    put(tmp_path / "m" / "a.jpg", jpeg(picture))
    put(tmp_path / "m" / "b.jpg", jpeg(picture.transpose(Image.Transpose.ROTATE_90)))
    top = tmp_path / "m"
    assert pentaprism.done("duplicates", top, "--json").json["groups"] == []
    assert len(pentaprism.done("duplicates", top, "--symmetries", "--json").json["groups"]) == 1


def test_distance_0_finds_equal_hashes_only(pentaprism: CommandLine, tmp_path: Path) -> None:
    picture = photo_like(6, SIZE)
    put(tmp_path / "m" / "a.jpg", jpeg(picture))
    bright = ImageEnhance.Brightness(picture).enhance(1.3).crop((12, 9, 392, 294))
    put(tmp_path / "m" / "b.jpg", jpeg(bright))
    wide = pentaprism.done("duplicates", tmp_path / "m", "--distance", 16, "--json").json
    none = pentaprism.done("duplicates", tmp_path / "m", "--distance", 0, "--json").json
    assert (len(wide["groups"]), none["groups"]) == (1, [])


def bomb() -> bytes:
    """A PNG that says it has 3.6 billion pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1 << 16))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_bad_files_are_told_and_stop_nothing(pentaprism: CommandLine, tmp_path: Path) -> None:
    top = tmp_path / "m"
    picture = jpeg(photo_like(7, SIZE))
    put(top / "good.jpg", picture)
    put(top / "again.jpg", picture)
    put(top / "cut.jpg", picture[: len(picture) // 2])
    put(top / "bomb.png", bomb())
    put(top / "empty.jpg", b"")
    put(top / "void.jpg", b"")
    put(top / "text.jpg", b"this is no picture at all, whatever it is called")
    put(top / "really.jpg", as_form(photo_like(8, SIZE), "PNG"))
    os.mkfifo(top / "pipe.jpg")
    told = pentaprism.done("duplicates", top, "--json", "--workers", 1).json
    assert [names(group, top) for group in told["groups"]] == [{"good.jpg", "again.jpg"}]
    reasons = {os.path.basename(one["path"]): one["reason"] for one in told["unreadable"]}
    assert reasons.pop("text.jpg") in {"unsupported", "damaged"}
    assert reasons == {
        "bomb.png": "too_large",
        "cut.jpg": "damaged",
        "empty.jpg": "empty",
        "void.jpg": "empty",
    }
    shown = pentaprism.done("duplicates", top, "--workers", 1)
    assert "Not read: empty.jpg: it has no content: 0 bytes." in shown.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_is_told(pentaprism: CommandLine, tmp_path: Path) -> None:
    top = tmp_path / "m"
    put(top / "a.jpg", b"x").chmod(0)
    put(top / "shut" / "b.jpg", b"x")
    (top / "shut").chmod(0)
    told = pentaprism.done("duplicates", top, "--json").json
    (top / "shut").chmod(0o700)
    assert {one["reason"] for one in told["unreadable"]} == {"not_permitted"}
    assert len(told["unreadable"]) == 2


def test_names_that_are_no_utf_8(pentaprism: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    picture = jpeg(photo_like(9, SIZE))
    odd = os.path.join(os.fsencode(folder), b"\xff\xfe.jpg")
    with open(odd, "wb") as file:
        file.write(picture)
    put(folder / "[b]even.jpg", picture)
    (group,) = pentaprism.done("duplicates", folder, "--exact", "--json").json["groups"]
    assert {os.fsencode(member["path"]) for member in group["members"]} == {
        odd,
        os.fsencode(folder / "[b]even.jpg"),
    }
    assert "[b]even.jpg" in pentaprism.done("duplicates", folder, "--exact").out


def test_hard_links_are_one_file_and_links_are_not_followed(
    pentaprism: CommandLine, tmp_path: Path
) -> None:
    top = tmp_path / "m"
    first = put(top / "a.jpg", jpeg(photo_like(10, SIZE)))
    os.link(first, top / "b.jpg")
    (top / "c.jpg").symlink_to(first)
    (top / "elsewhere").symlink_to(tmp_path)
    shown = pentaprism.done("duplicates", top)
    assert "No duplicates." in shown.out
    assert "1 name is a hard link to a file that was counted already" in shown.err
    assert "2 links were not followed." in shown.err
    shutil.copy(first, top / "d.jpg")
    (group,) = pentaprism.done("duplicates", top, "--exact", "--json").json["groups"]
    assert names(group, top) == {"a.jpg", "d.jpg"}


def test_what_the_index_leaves_out_is_left_out(pentaprism: CommandLine, tmp_path: Path) -> None:
    top = tmp_path / "m"
    for place in ("a.jpg", ".hidden/b.jpg", ".c.jpg", "@eaDir/d.jpg", "shut/e/f.jpg", "g.txt"):
        put(top / place, b"the same")
    put(top / "shut" / ".nomedia", b"")
    assert pentaprism.done("duplicates", top, "--exact", "--json").json["groups"] == []
    put(top / "deep" / "er" / "h.jpg", b"the same")
    (group,) = pentaprism.done("duplicates", top, "--exact", "--json").json["groups"]
    assert names(group, top) == {"a.jpg", "deep/er/h.jpg"}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two RAW and JPEG pairs of one shot, one of them with a sidecar, and a JPEG alone."""
    top = tmp_path / "m"
    picture = photo_like(20, SIZE)
    raw, still = as_form(picture, "TIFF"), jpeg(picture)
    for folder in ("a", "b"):
        put(top / folder / "DSC_1.DNG", raw)
        put(top / folder / "DSC_1.JPG", still)
    put(top / "b" / "DSC_1.xmp", b"<x/>")
    put(top / "c" / "sent.jpg", jpeg(picture, 50))
    return top


def test_a_pair_is_one_shot_and_no_duplicate_of_itself(
    pentaprism: CommandLine, pairs: Path
) -> None:
    shutil.rmtree(pairs / "b")
    shutil.rmtree(pairs / "c")
    assert pentaprism.done("duplicates", pairs, "--json").json["groups"] == []


def test_whole_shots_are_told(pentaprism: CommandLine, pairs: Path) -> None:
    (group,) = pentaprism.done("duplicates", pairs, "--json").json["groups"]
    assert names(group, pairs) == {
        "a/DSC_1.DNG", "a/DSC_1.JPG", "b/DSC_1.DNG", "b/DSC_1.JPG", "b/DSC_1.xmp", "c/sent.jpg"
    }  # fmt: skip
    assert group["label"] == "recompressed"
    assert os.path.relpath(group["keeper"], pairs) == "b/DSC_1.JPG"
    hashes = {os.path.basename(one["path"]): one["phash"] for one in group["members"]}
    assert hashes["DSC_1.xmp"] is None
    assert all(one["sha256"] for one in group["members"])
    shown = pentaprism.done("duplicates", pairs).out
    assert "It has every file" in shown
    assert "+  b/DSC_1.DNG" in shown


def film(seed: int, rate: int) -> bytes:
    """Return eight seconds of a picture that moves, at so many bits a second."""
    buffer = io.BytesIO()
    scenes = [photo_like(seed + number, (160, 120)) for number in range(4)]
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.bit_rate = 160, 120, rate
        stream.codec_context.gop_size = 5
        for number in range(40):
            picture = scenes[number // 10].rotate(number % 10)
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def test_videos_are_told_by_their_frames(pentaprism: CommandLine, tmp_path: Path) -> None:
    top = tmp_path / "m"
    put(top / "film.mp4", film(40, 900_000))
    put(top / "sent" / "small.mp4", film(40, 150_000))
    put(top / "other.mp4", film(50, 900_000))
    (group,) = pentaprism.done("duplicates", top, "--json").json["groups"]
    assert names(group, top) == {"film.mp4", "sent/small.mp4"}
    assert group["label"] in {"recompressed", "similar"}


def test_rules_of_ones_own_choose_the_keeper(pentaprism: CommandLine, tmp_path: Path) -> None:
    top = tmp_path / "m"
    for folder in ("first", "wanted"):
        put(top / folder / "a.jpg", jpeg(photo_like(21, SIZE)))
    rules = tmp_path / "keeper.toml"
    rules.write_text('folders = ["wanted/**"]\n')
    found = pentaprism.done("duplicates", top, "--exact", "--keeper-rules", rules, "--json").json
    assert found["groups"][0]["keeper"] == str(top / "wanted" / "a.jpg")
    rules.write_text("folders = 7\n")
    refused = pentaprism("duplicates", top, "--keeper-rules", rules, "--json")
    assert (refused.code, refused.error) == (Exit.USAGE, "keeper_rules")


def test_several_folders_count_each_file_once(pentaprism: CommandLine, made: Path) -> None:
    told = pentaprism.done("duplicates", made / "backup", made, made, "--exact", "--json").json
    (group,) = told["groups"]
    assert len(group["members"]) == 2


def test_a_folder_without_pictures(pentaprism: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    found = pentaprism.done("duplicates", tmp_path / "m", "--json").json
    assert found == {"groups": [], "unreadable": []}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["/nowhere"], "folder"),
        (["{file}"], "folder"),
        (["{folder}", "--distance", "17"], "usage"),
        (["{folder}", "--distance", "-1"], "usage"),
        (["{folder}", "--workers", "0"], "usage"),
        (["{folder}", "--label", "equal"], "usage"),
        (["{folder}", "--keeper-rules", "/nowhere"], "keeper_rules"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: str, pentaprism: CommandLine, made: Path
) -> None:
    places = {"file": made / "one.jpg", "folder": made}
    ended = pentaprism("duplicates", *(word.format(**places) for word in words), "--json")
    assert (ended.code, ended.error) == (Exit.USAGE, code)


def children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in told.split()]


def test_a_person_may_stop_it_and_nothing_is_left(tmp_path: Path) -> None:
    top = tmp_path / "m"
    picture = jpeg(photo_like(22, SIZE))
    for number in range(300):
        put(top / f"{number}.jpg", picture + bytes([number % 251, number // 251]))
    running = start("duplicates", top, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (workers := children(running.pid)):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == Exit.CANCELLED
    assert (out, "The search was stopped." in err) == ("", True)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert len(list(top.iterdir())) == 300
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
