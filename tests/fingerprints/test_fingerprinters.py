"""The pool of processes that look at pictures: it answers for every file, whatever one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from painted import photo_like

from pentaprism.errors import ActionRequiredError
from pentaprism.fingerprints.fingerprint import Origin, PictureFile
from pentaprism.fingerprints.pool import COMMAND, Fingerprinters
from pentaprism.fingerprints.requests import Compare, Take, decode, encode
from pentaprism.fingerprints.taking import take
from pentaprism.groups.files import Kind

# Takes as the real worker does, but some names end it or hang it, and it tells its niceness and
# how many threads it may have.
WORKER = """
import os, sys, time
from pentaprism.fingerprints.requests import Answer, Take, decode, encode_answer
from pentaprism.fingerprints.taking import take
print("ready", flush=True)
for line in sys.stdin.buffer:
    request = decode(line)
    file = request.file if isinstance(request, Take) else request.a
    name = os.path.basename(file.path)
    if name.startswith("crash"):
        os.abort()
    if name.startswith("hang"):
        time.sleep(3600)
    with open(sys.argv[1], "a") as log:
        log.write(f"{os.getpriority(os.PRIO_PROCESS, 0)} {os.environ.get('OMP_NUM_THREADS')}\\n")
    print(encode_answer(Answer(fingerprint=take(file))).decode(), flush=True)
"""


def files(folder: Path, *names: str) -> list[PictureFile]:
    for number, name in enumerate(names):
        photo_like(number, (160, 120)).save(folder / name, "JPEG")
    return [PictureFile(str(folder / name), Kind.IMAGE) for name in names]


def own(folder: Path) -> tuple[str, ...]:
    script = folder / "worker.py"
    script.write_text(WORKER)
    return (sys.executable, str(script), str(folder / "log"))


async def test_it_takes_what_would_be_taken_here_in_order(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/two\nlines \xe9.jpg")
    photo_like(3, (160, 120)).save(tmp_path / "plain", "JPEG")
    os.rename(tmp_path / "plain", name)
    (tmp_path / "bad.jpg").write_bytes(b"nonsense")
    wanted = [
        PictureFile(name, Kind.IMAGE, Origin.PREVIEW),
        PictureFile(str(tmp_path / "bad.jpg"), Kind.IMAGE, Origin.THUMBNAIL),
        *files(tmp_path, *(f"{number}.jpg" for number in range(10))),
        PictureFile("nul\0", Kind.IMAGE),
    ]
    async with Fingerprinters(2) as pool:
        found = await pool.take(wanted)
        assert found == [take(file) for file in wanted]
        assert await pool.take([]) == []
        assert await pool.compare([]) == []
    assert [one.problem for one in found[:3]] == [None, "unsupported", None]
    assert found[0].origin is Origin.PREVIEW
    assert found[-1].problem == "vanished"


async def test_it_compares_beside(tmp_path: Path) -> None:
    one, two = files(tmp_path, "a.jpg", "b.jpg")
    gone = PictureFile(str(tmp_path / "gone.jpg"), Kind.IMAGE)
    async with Fingerprinters(1) as pool:
        same, failed, other = await pool.compare([(one, one, 0), (one, gone, 0), (one, two, 3)])
    assert same is not None
    assert same.score == 1
    assert failed is None
    assert other is not None
    assert other.score < 1


async def test_a_file_that_ends_or_hangs_a_worker_harms_no_other(tmp_path: Path) -> None:
    wanted = files(tmp_path, "a.jpg", "crash.jpg", "b.jpg", "hang.jpg", "c.jpg")
    async with Fingerprinters(1, seconds=0.6, command=own(tmp_path)) as pool:
        found = await pool.take(wanted)
        assert [one.problem for one in found] == [None, "crashed", None, "timed_out", None]
        assert await pool.compare([(wanted[1], wanted[0], 0)]) == [None]


async def test_others_work_goes_first_on_the_other_cores_too(tmp_path: Path) -> None:
    async with Fingerprinters(1, nice=7, command=own(tmp_path)) as pool:
        await pool.take(files(tmp_path, "a.jpg"))
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert (tmp_path / "log").read_text().split() == [str(min(19, before + 7)), "1"]


async def test_workers_that_do_not_start_are_told(tmp_path: Path) -> None:
    async with Fingerprinters(1, command=("/bin/false",)) as pool:
        with pytest.raises(ActionRequiredError) as told:
            await pool.take(files(tmp_path, "a.jpg"))
    assert told.value.code == "readers_failed"


def test_requests_pass_as_lines() -> None:
    a = PictureFile(os.fsdecode(b"/caf\xe9\n\xff \xe2\x82\xac.jpg"), Kind.RAW, Origin.PREVIEW)
    b = PictureFile("/b.mov", Kind.VIDEO)
    for request in (Take(a), Compare(a, b, 7)):
        line = encode(request)
        assert line.count(b"\n") == 1
        assert decode(line) == request


def test_the_worker_ends_with_its_input() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_the_program_loads_no_decoder_for_the_pool() -> None:
    said = (
        "import sys, pentaprism.fingerprints.pool;"
        "print({'PIL', 'av', 'rawpy', 'simplejpeg', 'pillow_heif'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
