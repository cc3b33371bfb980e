from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.memory import Memory

HEADERS = [(b"Content-Type", b"image/webp"), (b"ETag", b'"1"')]


def kept(subject: bytes, size: int) -> Kept:
    return Kept(subject, HEADERS, b"x" * size, asked=0.0, lifetime=10.0)


def test_what_was_used_last_stays() -> None:
    memory = Memory(3 * kept(b"a", 5000).size)
    for key in (b"1", b"2", b"3"):
        assert memory.put(key, kept(b"s" + key, 5000))
    assert memory.get(b"1") is not None
    memory.put(b"4", kept(b"s4", 5000))
    assert memory.get(b"2") is None
    assert memory.get(b"1") is not None
    assert memory.drop([b"s2"]) == 0
    assert memory.drop([b"s1", b"s3", b"none"]) == 2
    assert memory.entries == 1


def test_what_is_larger_than_all_there_is_drives_nothing_out() -> None:
    memory = Memory(20_000)
    assert memory.put(b"1", kept(b"a", 1000))
    assert not memory.put(b"2", kept(b"a", 50_000))
    assert memory.get(b"1") is not None


def test_an_older_reply_goes_even_if_the_newer_does_not_fit() -> None:
    memory = Memory(20_000)
    memory.put(b"1", kept(b"a", 1000))
    assert not memory.put(b"1", kept(b"a", 50_000))
    assert memory.get(b"1") is None


steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "drop", "get", "clear"]),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 9000),
    ),
    max_size=60,
)


@given(steps)
def test_the_bound_holds_and_what_is_dropped_is_gone(
    taken: list[tuple[str, int, int, int]],
) -> None:
    memory = Memory(20_000)
    sizes: dict[bytes, tuple[bytes, int]] = {}
    for what, key_number, subject_number, size in taken:
        key, subject = b"%d" % key_number, b"s%d" % subject_number
        if what == "put":
            memory.put(key, kept(subject, size))
            sizes[key] = (subject, size)
        elif what == "remove":
            memory.remove(key)
            sizes.pop(key, None)
        elif what == "drop":
            memory.drop([subject])
            sizes = {k: v for k, v in sizes.items() if v[0] != subject}
        elif what == "clear":
            memory.clear()
            sizes.clear()
        else:
            memory.get(key)
        held = {k: found for k in map(str, range(10)) if (found := memory.get(k.encode()))}
        assert memory.size == sum(one.size for one in held.values()) <= 20_000
        assert memory.entries == len(held)
        for name, one in held.items():
            assert sizes[name.encode()] == (one.subject, len(one.content))
    assert memory.drop([b"s%d" % n for n in range(4)]) == len(held if taken else {})
    assert memory.size == 0


CHURN = """
import random, resource
from pentaprism.gateway.cache.kept import Kept
from pentaprism.gateway.cache.memory import Memory

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

MOST = 40_000_000
chance = random.Random(1)
memory = Memory(MOST)
before = resident()
for number in range(20_000):
    size = chance.choice((300, 3000, 8000, 20_000, 40_000))
    size = chance.randint(size // 2, size) if number % 50 else chance.randint(50_000, 900_000)
    names = [(b"Header-%d" % n, b"value %d of %d" % (n, number)) for n in range(11)]
    name = b"%036d" % number
    memory.put(name + b"key", Kept(name, names, b"x" * size, asked=0.0, lifetime=9.0))
print((resident() - before) / MOST, memory.size / MOST)
"""


def test_the_process_takes_about_what_the_setting_says() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHURN], check=True, capture_output=True, text=True, timeout=60
    )
    taken, told = map(float, done.stdout.split())
    assert told <= 1.0
    assert taken < 1.3, done.stdout
