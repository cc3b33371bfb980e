"""The pool of reading processes: what one file does to a worker harms no other file."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import media_samples as samples
import pytest

from pentaprism.errors import ActionRequiredError
from pentaprism.library.readers import COMMAND, Readers

# Answers with the name as camera; some names end it, hang it or make it talk nonsense.
WORKER = """
import json, os, sys, time
ready, log = sys.argv[1:]
with open(log, "a") as file:
    file.write(f"{os.getpid()}\\n")
print(ready, flush=True)
while line := sys.stdin.buffer.readline():
    name = os.path.basename(sys.stdin.buffer.read(int(line))).decode("utf-8", "replace")
    if name.startswith("crash"):
        os.abort()
    if name.startswith("once") and not os.path.exists(log + ".once"):
        open(log + ".once", "w").close()
        os._exit(1)
    if name.startswith("hang"):
        time.sleep(3600)
    if name.startswith("nonsense"):
        print("{", flush=True)
        continue
    print(json.dumps({"camera": name}), flush=True)
"""


class World:
    """A worker of our own, and the processes that it has been."""

    def __init__(self, folder: Path) -> None:
        script = folder / "worker.py"
        script.write_text(WORKER)
        self.log = folder / "pids"
        self.log.touch()
        self.command: Sequence[str] = (sys.executable, str(script), "ready", str(self.log))

    def pids(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def ended(pids: Sequence[int]) -> bool:
    """Tell whether all processes are gone, with some patience."""
    for _ in range(100):
        if not any(map(alive, pids)):
            return True
        await asyncio.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def told(readers: Readers, names: Sequence[str]) -> list[str | None]:
    return [found.problem or found.camera for found in await readers.read(names)]


async def test_answers_come_in_the_order_of_the_paths(world: World) -> None:
    names = [f"n{number}" for number in range(500)]
    async with Readers(3, command=world.command) as readers:
        assert await told(readers, names) == names
        assert await readers.read([]) == []
    assert len(world.pids()) <= 3
    assert await ended(world.pids())


async def test_reads_at_the_same_time_share_the_workers(world: World) -> None:
    many = [[f"{batch}-{number}" for number in range(70)] for batch in range(10)]
    async with Readers(2, command=world.command) as readers:
        assert await asyncio.gather(*(told(readers, names) for names in many)) == many
    assert len(world.pids()) == 2


async def test_a_file_that_ends_the_worker_is_noted_and_the_rest_read(world: World) -> None:
    names = ["a", "crash1", "b", "crash2", "crash3", "c"]
    async with Readers(1, command=world.command) as readers:
        assert await told(readers, names) == ["a", "crashed", "b", "crashed", "crashed", "c"]


async def test_a_worker_ended_for_another_reason_blames_no_file(world: World) -> None:
    async with Readers(1, command=world.command) as readers:
        assert await told(readers, ["a", "once", "b"]) == ["a", "once", "b"]
        os.kill(world.pids()[-1], signal.SIGKILL)
        assert await ended(world.pids())
        assert await told(readers, ["c"]) == ["c"]


async def test_a_file_that_takes_too_long_is_given_up(world: World) -> None:
    async with Readers(1, seconds=0.5, command=world.command) as readers:
        assert await told(readers, ["a", "hang", "b"]) == ["a", "timed_out", "b"]
        assert await ended(world.pids()[:1])


async def test_nonsense_is_a_crash(world: World) -> None:
    async with Readers(1, command=world.command) as readers:
        assert await told(readers, ["a", "nonsense", "b"]) == ["a", "crashed", "b"]


async def test_names_pass_as_bytes(world: World) -> None:
    names = ["two\nlines", "é", os.fsdecode(b"caf\xe9"), "nul\0"]
    async with Readers(1, command=world.command) as readers:
        assert await told(readers, names) == ["two\nlines", "é", "caf\ufffd", "nul\0"]


async def test_cancelling_leaves_no_process_and_no_stale_answer(world: World) -> None:
    async with Readers(1, command=world.command) as readers:
        assert await told(readers, ["a"]) == ["a"]
        reading = asyncio.ensure_future(readers.read(["b", "hang", "c"]))
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await ended(world.pids())
        assert await told(readers, ["d"]) == ["d"]
    assert await ended(world.pids())


@pytest.mark.parametrize("command", [("/bin/false",), (sys.executable, "-c", "print('hello')")])
async def test_a_worker_that_does_not_start_is_told(command: Sequence[str]) -> None:
    async with Readers(2, command=command) as readers:
        with pytest.raises(ActionRequiredError) as told:
            await readers.read(["a"] * 100)
    assert told.value.code == "readers_failed"


async def test_the_real_worker_reads_and_goes_on(tmp_path: Path) -> None:
    good = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    Path(good).write_bytes(samples.jpeg(samples.CAMERA | samples.TAKEN))
    (tmp_path / "bad.jpg").write_bytes(b"nonsense")
    (tmp_path / "clip.mov").write_bytes(samples.clip())
    os.mkfifo(tmp_path / "pipe.jpg")
    paths = [
        good,
        *(str(tmp_path / name) for name in ("bad.jpg", "clip.mov", "pipe.jpg", "no.jpg")),
    ]
    async with Readers(1) as readers:
        found = await readers.read(paths)
    assert [reading.problem for reading in found] == [
        None, "damaged", None, "not_a_file", "vanished"
    ]  # fmt: skip
    assert found[0].camera == "PENTAX K-1"
    assert found[0].taken_at is not None
    assert found[2].width == samples.WIDTH


async def test_an_exiftool_that_hangs_ends_with_its_worker(tmp_path: Path) -> None:
    tool = tmp_path / "exiftool"
    tool.write_text(
        f"#!{sys.executable}\nimport os, time\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(3600)\n"
    )
    tool.chmod(0o755)
    (tmp_path / "a.x3f").write_bytes(b"FOVb" + bytes(100))
    command = ("env", f"PATH={tmp_path}", *COMMAND)
    async with Readers(1, seconds=2.0, command=command) as readers:
        assert await told(readers, [str(tmp_path / "a.x3f")]) == ["timed_out"]
        assert await ended([int((tmp_path / "pid").read_text())])


async def test_damaged_files_do_no_harm(tmp_path: Path) -> None:
    chance = random.Random(5)
    seeds = {
        "jpg": samples.jpeg(samples.CAMERA | samples.TAKEN),
        "heic": samples.picture("HEIF", exif=b"Exif\0\0" + samples.exif_block(samples.TAKEN)),
        "png": samples.picture("PNG"),
        "dng": samples.picture("TIFF"),
        "mov": samples.clip(),
        "jxl": samples.jxl(exif=samples.exif_block(samples.TAKEN)),
        "cr3": samples.cr3(samples.tiff({0x10F: "Canon"}), samples.tiff({0x9003: "2021"})),
    }
    paths = []
    for ending, seed in seeds.items():
        for number in range(30):
            data = bytearray(seed)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(min(len(data), 600))] = chance.randrange(256)
            path = tmp_path / f"{number}.{ending}"
            path.write_bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
            paths.append(str(path))
    command = ("env", f"PATH={tmp_path}", *COMMAND)
    async with Readers(2, command=command) as readers:
        found = await readers.read(paths)
        assert len(found) == len(paths)
        assert {reading.problem for reading in found} <= {None, "damaged", "empty", "crashed"}


def worker() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_the_real_worker_ignores_ctrl_c_and_ends_with_its_program() -> None:
    with worker() as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_the_program_loads_no_library_for_pictures() -> None:
    said = (
        "import sys, pentaprism.library.readers, pentaprism.hashing;"
        "print({'pyexiv2', 'av', 'PIL', 'pentaprism.library.metadata'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
