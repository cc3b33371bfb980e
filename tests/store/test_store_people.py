"""People, their sessions, tokens and notices, and the settings of the program."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from people_samples import add_session, save_person
from store_samples import START, database_in, open_store

from pentaprism.errors import NotFoundError
from pentaprism.store import SignInMethod

HOSTILE = "Ada\0\udcff\ufdd0 é🙂'; DROP TABLE people; --"


async def test_a_person_is_updated_and_keeps_what_was_chosen(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        first = await save_person(store)
        assert (first.preferences, first.notification_urls, first.is_admin) == ({}, (), False)
        await store.people.set_preferences("user", {"theme": "dark"})
        await store.people.set_notification_urls("user", ["ntfy://secret-one", HOSTILE])
        again = await store.people.save(
            "user", server_url="http://new.test", name=HOSTILE, email="a@b.test", is_admin=True
        )
        assert (again.name, again.server_url, again.is_admin) == (HOSTILE, "http://new.test", True)
        assert again.preferences == {"theme": "dark"}
        assert again.notification_urls == ("ntfy://secret-one", HOSTILE)
        assert (again.created_at, again.seen_at > first.seen_at) == (first.created_at, True)
        assert "secret-one" not in repr(again)
        await store.people.set_notification_urls("user", [])
        assert (await store.people.get("user")).notification_urls == ()


async def test_people_are_listed_by_name(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for id_, name in (("1", "Zoë"), ("2", "Ada")):
            await save_person(store, id_, name)
        assert [person.name for person in await store.people.list()] == ["Ada", "Zoë"]


async def test_what_nobody_owns_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for refused in (
            store.people.get("nobody"),
            store.people.set_preferences("nobody", {}),
            store.people.set_notification_urls("nobody", ["ntfy://x"]),
            add_session(store, b"digest", "nobody"),
            store.api_tokens.add("nobody", "script", b"digest"),
            store.notices.add("nobody", kind="run", title="Title", body="Body"),
        ):
            with pytest.raises(NotFoundError) as caught:
                await refused
            assert caught.value.code == "no_person"


async def test_a_session_comes_with_its_person(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        person = await save_person(store)
        made = await add_session(store, b"one", credential="immich-secret")
        found = await store.sessions.get(b"one")
        assert found == made
        assert found is not None
        assert (found.person, found.credential) == (person, "immich-secret")
        assert (found.method, found.user_agent) == (SignInMethod.PASSWORD, "Browser/1")
        assert found.created_at == found.seen_at == found.checked_at
        assert "immich-secret" not in repr(found)
        assert await store.sessions.get(b"two") is None


async def test_a_session_is_touched_in_what_is_given(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await save_person(store)
        made = await add_session(store, b"one")
        later = START + timedelta(days=1)
        await store.sessions.touch(b"one", seen_at=later)
        found = await store.sessions.get(b"one")
        assert found is not None
        assert (found.seen_at, found.checked_at) == (later, made.checked_at)
        assert found.expires_at == made.expires_at
        await store.sessions.touch(b"one", seen_at=later, checked_at=later, expires_at=later)
        found = await store.sessions.get(b"one")
        assert found is not None
        assert found.seen_at == found.checked_at == found.expires_at == later
        await store.sessions.touch(b"gone", seen_at=later)
        assert await store.sessions.get(b"gone") is None


async def test_sessions_end_by_themselves_or_together(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for id_ in ("user", "other"):
            await save_person(store, id_)
        for digest in (b"1", b"2", b"3"):
            await add_session(store, digest)
        await add_session(store, b"theirs", "other")
        listed = await store.sessions.list_of("user")
        assert [session.digest for session in listed] == [b"3", b"2", b"1"]
        await store.sessions.delete(b"1")
        await store.sessions.delete(b"1")
        assert await store.sessions.delete_of("user", except_digest=b"3") == 1
        assert [session.digest for session in await store.sessions.list_of("user")] == [b"3"]
        await store.sessions.touch(b"3", seen_at=START, expires_at=START)
        assert await store.sessions.prune(START) == 1
        assert await store.sessions.delete_of("user") == 0
        assert len(await store.sessions.list_of("other")) == 1


async def test_a_token_is_found_by_its_digest_and_deleted_by_its_person(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        person, _ = await save_person(store), await save_person(store, "other")
        token = await store.api_tokens.add("user", HOSTILE, b"digest", START)
        assert (token.name, token.expires_at, token.last_used_at) == (HOSTILE, START, None)
        assert await store.api_tokens.find(b"digest") == (token, person)
        assert await store.api_tokens.find(b"other") is None
        await store.api_tokens.used(token.id)
        (used,) = await store.api_tokens.list_of("user")
        assert used.last_used_at is not None
        assert await store.api_tokens.list_of("other") == []
        with pytest.raises(NotFoundError):
            await store.api_tokens.delete(token.id, "other")
        await store.api_tokens.delete(token.id, "user")
        assert await store.api_tokens.list_of("user") == []


async def test_the_newest_notices_of_each_person_are_kept(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for id_ in ("user", "other"):
            await save_person(store, id_)
        for number in range(5):
            for id_ in ("user", "other"):
                added = await store.notices.add(
                    id_, kind="run", title=f"{number}", body=HOSTILE, mirror_id="m", error="No."
                )
        assert await store.notices.recent("other", 1) == [added]
        assert (added.body, added.mirror_id, added.error) == (HOSTILE, "m", "No.")
        assert await store.notices.prune(keep_per_person=2) == 6
        for id_ in ("user", "other"):
            assert [notice.title for notice in await store.notices.recent(id_, 9)] == ["4", "3"]
        assert await store.notices.prune() == 0


@pytest.mark.parametrize("value", ["DEBUG", 3, 1.5, False, ["a", {"b": HOSTILE}], {}])
async def test_settings_of_the_program(tmp_path: Path, value: Any) -> None:
    async with open_store(tmp_path) as store:
        assert await store.program_settings.get("log_level") is None
        await store.program_settings.set("log_level", "INFO")
        await store.program_settings.set("log_level", value)
        assert await store.program_settings.get("log_level") == value


async def test_what_is_secret_is_nowhere_in_the_files(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await save_person(store)
        await store.people.set_notification_urls("user", ["ntfy://PLAIN-address"])
        await add_session(store, b"digest", credential="PLAIN-credential")
        for file in database_in(tmp_path).parent.iterdir():
            assert b"PLAIN-" not in file.read_bytes()
    assert b"PLAIN-" not in database_in(tmp_path).read_bytes()
