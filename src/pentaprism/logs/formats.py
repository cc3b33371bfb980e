"""How a log line looks: plain, or one JSON object; secrets are taken out of both."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pentaprism.logs.redaction import MASK, redact

_OWN = "pentaprism."
_ACCESS = "uvicorn.access"
_STANDARD = frozenset(
    vars(logging.LogRecord("", 0, "", 0, "", (), None)) | {"message": "", "asctime": ""}
) | {"color_message", "taskName"}
_ODD = re.compile(r"[\s\"'&,;(){}\[\]]")
_CONTROLS = {n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160), 0x2028, 0x2029)} | {
    ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\t"
}  # fmt: skip


class PlainFormat(logging.Formatter):
    """``2026-11-21 07:20:03 INFO  runs: sentence key=value``, in local time.

    A traceback follows on lines of its own, indented, so that no text from elsewhere can pass for
    a line of the log.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        where = record.name.removeprefix(_OWN)
        head = f"{when} {record.levelname:<5} {where}: {tell(record)}"
        return "\n".join([head, *(f"    {line}" for line in trace(record))])


class SentenceFormat(logging.Formatter):
    """The sentence alone, for a terminal that shows the level in its own way."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the sentence of ``record`` and what follows from it."""
        return "\n".join([tell(record), *trace(record)])


class JsonFormat(logging.Formatter):
    """One JSON object on a line, in ASCII; its time is in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object of ``record``."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(_sentence(record)),
        }
        told |= {name: _plain(name, value) for name, value in _extras(record).items()}
        if lines := trace(record):
            told["exception"] = "\n".join(lines)
        return json.dumps(told)


def tell(record: logging.LogRecord) -> str:
    """Return the sentence of ``record`` with its values, on one line, without secrets."""
    parts = [_sentence(record)]
    parts += [f"{name}={_quoted(value)}" for name, value in _extras(record).items()]
    # Taken out before control characters are written out, and after: either may form a secret.
    return redact(redact(" ".join(parts)).translate(_CONTROLS))


def trace(record: logging.LogRecord) -> list[str]:
    """Return the lines of the traceback and the stack of ``record``, without secrets."""
    texts = []
    if record.exc_info:
        texts.append(logging.Formatter().formatException(record.exc_info))
    elif record.exc_text:
        texts.append(record.exc_text)
    if record.stack_info:
        texts.append(record.stack_info)
    lines = redact("\n".join(texts)).splitlines()
    return [redact(line.translate(_CONTROLS)) for line in lines]


def _sentence(record: logging.LogRecord) -> str:
    if record.name == _ACCESS:
        return _request(record)
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args!r}"


def _request(record: logging.LogRecord) -> str:
    """Return a request in words, without the query, where links carry what nobody may read."""
    args = record.args
    if not isinstance(args, tuple) or len(args) != 5:  # noqa: PLR2004 - as uvicorn gives them
        return record.getMessage().split("?")[0]
    client, method, target, _, status = args
    return f"{client or '-'} {method} {str(target).split('?')[0]} {status}"


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or _ODD.search(text) else text


def _plain(name: str, value: object) -> Any:
    """Return ``value`` as JSON can hold it; under the name of a secret nothing of it is left."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): _plain(str(key), each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(name, each) for each in value]
    text = str(value)
    secret = redact(f"{name}={_quoted(text)}") == f"{name}={MASK}"
    return MASK if secret else redact(text)
