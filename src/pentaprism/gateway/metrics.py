"""What the gateway does, in numbers for Prometheus, at ``/metrics``."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import add
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.types import Receive, Scope, Send

from pentaprism.gateway.cache import CacheCounts
from pentaprism.gateway.caller_records import Caller
from pentaprism.gateway.counters import Counters
from pentaprism.gateway.problems import UpstreamError, send_error, send_problem

__all__ = ["Counters", "Metrics"]

_CLASSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")
_BEARER = b"bearer "
_STATISTICS = "server.statistics"
"""The permission with which an API key may see how a server does."""


class Held(Protocol):
    """A cache, for what it counts and holds."""

    @property
    def counts(self) -> CacheCounts:
        """What it has done."""

    @property
    def entries(self) -> int:
        """How many replies it holds in memory."""

    @property
    def size(self) -> int:
        """How many bytes of memory they take."""


class Metrics:
    """Answers ``GET /metrics`` for admins of Immich, and for who has the token of the settings.

    ``who`` tells who makes a request, and None of strangers; ``connected`` whether Immich's events
    are heard; ``cache`` is None where nothing is kept. Strangers are answered 401, others 403.
    """

    def __init__(
        self,
        counters: Counters,
        cache: Held | None,
        who: Callable[[Scope], Awaitable[Caller | None]],
        *,
        connected: Callable[[], bool],
        token: str | None = None,
    ) -> None:
        self._who = who
        self._token = None if token is None else token.encode()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Readings(counters, cache, connected))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        if scope["method"] not in {"GET", "HEAD"}:
            await _refuse(send, 405, (b"allow", b"GET, HEAD"))
        elif await self._let_in(scope, send):
            body = generate_latest(self._registry)
            headers = [
                (b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else body
            await send({"type": "http.response.body", "body": body})

    async def _let_in(self, scope: Scope, send: Send) -> bool:
        """Return whether the caller may read; who may not is answered."""
        if self._has_token(scope["headers"]):
            return True
        try:
            person = await self._who(scope)
        except UpstreamError as error:
            await send_error(send, error)
            return False
        if person is None:
            await _refuse(send, 401, (b"www-authenticate", b"Bearer"))
            return False
        if not (person.is_admin and person.may(_STATISTICS)):
            await _refuse(send, 403)
            return False
        return True

    def _has_token(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        if self._token is None:
            return False
        given = [value for name, value in headers if name == b"authorization"]
        if len(given) != 1 or given[0][: len(_BEARER)].lower() != _BEARER:
            return False
        return hmac.compare_digest(given[0][len(_BEARER) :].strip(), self._token)


_REFUSALS = {
    401: ("not_signed_in", "The metrics are for admins of Immich, and for METRICS_TOKEN.",
          "Send a credential of an admin, or the token as a bearer token."),
    403: ("not_an_admin", "Only admins of Immich may read the metrics.",
          "Use an admin's API key that has server.statistics, or METRICS_TOKEN."),
    405: ("method_not_allowed", "The metrics can only be read.", ""),
}  # fmt: skip


async def _refuse(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    code, detail, hint = _REFUSALS[status]
    await send_problem(send, status, code, detail, hint, headers)


class _Readings(Collector):
    """Reads the plain numbers when somebody asks for them."""

    def __init__(
        self, counters: Counters, cache: Held | None, connected: Callable[[], bool]
    ) -> None:
        self._counters = counters
        self._cache = cache
        self._connected = connected

    def collect(self) -> Iterable[Metric]:
        """Return the families of metrics."""
        counters = self._counters
        yield self._requests()
        yield _counted(
            "pentaprism_gateway_plain_replies",
            "Replies left as Immich made them although they were to be enriched.",
            "because",
            counters.plain,
        )
        yield _counted(
            "pentaprism_gateway_upstream_errors",
            "Requests that Immich did not answer, or not to the end.",
            "code",
            counters.upstream_errors,
        )
        yield GaugeMetricFamily(
            "pentaprism_gateway_websockets_open",
            "Websockets that are carried now.",
            counters.websockets_open,
        )
        yield GaugeMetricFamily(
            "pentaprism_gateway_events_connected",
            "Whether Immich's events are heard.",
            int(self._connected()),
        )
        yield CounterMetricFamily(
            "pentaprism_gateway_events", "Events heard from Immich.", counters.events
        )
        if self._cache is not None:
            yield from _of_cache(self._cache)

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "pentaprism_gateway_requests",
            "Requests, by who answered them and the class of the status.",
            labels=("kind", "status"),
        )
        counters, cache = self._counters, self._cache
        kinds: dict[str, Sequence[int]] = {
            "passed": counters.passed,
            "enriched": counters.enriched,
            "own": counters.own,
            "websocket": counters.websockets,
        }
        if cache is not None:
            counts = cache.counts
            kinds["cached"] = counts.answered
            kinds["passed"] = [*map(add, counters.passed, counts.passed)]
        for kind, numbers in kinds.items():
            for name, number in zip(_CLASSES, numbers, strict=True):
                family.add_metric((kind, name), number)
        return family


def _of_cache(cache: Held) -> Iterable[Metric]:
    counts = cache.counts
    yield _counted(
        "pentaprism_gateway_cache_lookups",
        "Requests for what may be kept: answered from what was kept (hit), after asking Immich "
        "whether it still holds (stale), by Immich (miss), or not looked up (bypassed).",
        "outcome",
        {
            "hit": counts.hits,
            "stale": counts.stale,
            "miss": counts.misses,
            "bypassed": counts.bypassed,
        },
    )
    yield _counted(
        "pentaprism_gateway_cache_changes",
        "Replies that were kept, found to hold still, or dropped.",
        "change",
        {"stored": counts.stored, "renewed": counts.renewed, "dropped": counts.dropped},
    )
    yield _counted(
        "pentaprism_gateway_shared_cache",
        "What came of asking Redis.",
        "outcome",
        {"hit": counts.shared_hits, "miss": counts.shared_misses, "failed": counts.shared_failed},
    )
    yield GaugeMetricFamily(
        "pentaprism_gateway_cache_entries", "Replies that are kept in memory.", cache.entries
    )
    yield GaugeMetricFamily(
        "pentaprism_gateway_cache_bytes", "Bytes of memory that they take.", cache.size
    )


def _counted(name: str, what: str, label: str, numbers: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, what, labels=(label,))
    for key, number in sorted(numbers.items()):
        family.add_metric((key,), number)
    return family
