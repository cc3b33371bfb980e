"""People and sessions that the tests of the store put into it."""

from __future__ import annotations

from datetime import timedelta

from store_samples import START

from pentaprism.store import Person, Session, SignInMethod, Store


async def save_person(store: Store, id_: str = "user", name: str = "Ada") -> Person:
    return await store.people.save(
        id_, server_url="http://immich.test", name=name, email="ada@example.test", is_admin=False
    )


async def add_session(
    store: Store, digest: bytes, person_id: str = "user", credential: str = "immich-token"
) -> Session:
    return await store.sessions.add(
        digest=digest,
        person_id=person_id,
        server_url="http://immich.test",
        method=SignInMethod.PASSWORD,
        credential=credential,
        user_agent="Browser/1",
        expires_at=START + timedelta(days=30),
    )
