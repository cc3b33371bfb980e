"""What stands in the Redis, sealed so that nobody but a gateway can have written it."""

from __future__ import annotations

import hmac
from hashlib import blake2b

import msgspec

from pentaprism.gateway.cache.kept import HeaderList

_SIZE = 16


class Written(msgspec.Struct, array_like=True):
    """A reply; ``id`` is another one each time that a reply is written."""

    id: bytes
    headers: HeaderList
    body: bytes


class Allowed(msgspec.Struct, array_like=True):
    """When Immich was asked for the reply with this ``id``, in seconds by the clock of the Redis.

    ``lifetime`` is for how many seconds from then it may be used.
    """

    id: bytes
    asked: float
    lifetime: float


class Seal:
    """Signs records together with the name of their field, with a ``secret`` of up to 64 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def close(self, field: bytes, record: Written | Allowed) -> bytes:
        """Return the bytes of a record, with a signature before them."""
        text = msgspec.msgpack.encode(record)
        return self._signature(field, type(record), text) + text

    def open[T: (Written, Allowed)](self, field: bytes, sealed: object, kind: type[T]) -> T | None:
        """Return the record in ``sealed``; None of what was not written so, into this field."""
        if not isinstance(sealed, bytes):
            return None
        signature, text = sealed[:_SIZE], sealed[_SIZE:]
        if not hmac.compare_digest(signature, self._signature(field, kind, text)):
            return None
        try:
            return msgspec.msgpack.decode(text, type=kind)
        except msgspec.MsgspecError:
            return None

    def _signature(self, field: bytes, kind: type, text: bytes) -> bytes:
        signature = blake2b(digest_size=_SIZE, key=self._secret, person=b"cache in redis")
        signature.update(b"%s %d " % (kind.__name__.encode(), len(field)))
        signature.update(field)
        signature.update(text)
        return signature.digest()
