"""The connections that downloads use: kept for reuse while idle, ended together on cancel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pentaprism.immich.line import KEEP_ALIVE, Line
from pentaprism.immich.refusals import cancelled
from pentaprism.immich.wire import Connection


class Connections:
    """Lends connections to worker threads, the warmest first."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._closed = False
        self.cancelled = threading.Event()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend a connection; it must not be used afterwards."""
        with self._line.gate.thread():
            connection = self._take()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            finally:
                self._give_back(connection)

    def pause(self, seconds: float) -> None:
        """Wait, unless `cancel` has been or is called: then raise."""
        if self._line.pace.wait(self.cancelled, seconds):
            raise cancelled()

    def cancel(self) -> None:
        """End what is under way and refuse what comes."""
        with self._lock:
            self.cancelled.set()
            for connection in self._lent:
                connection.stop()

    def close(self) -> None:
        """Close idle connections now and lent ones when they come back; may be repeated."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection:
        stale: list[Connection] = []
        with self._lock:
            if self.cancelled.is_set():
                raise cancelled()
            now = self._line.pace.clock()
            connection = self._idle.pop() if self._idle else None
            if connection is not None and now - connection.idle_since > KEEP_ALIVE:
                # The warmest is too cold, so all are.
                stale, self._idle = [connection, *self._idle], []
                connection = None
            if connection is None:
                line = self._line
                timeouts = (line.connect_timeout, line.options.timeout)
                connection = Connection(line.address, line.tls, timeouts)
            self._lent.add(connection)
        for old in stale:
            old.close()
        return connection

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            self._lent.discard(connection)
            keep = connection.reusable and not self._closed and not self.cancelled.is_set()
            if keep:
                connection.idle_since = self._line.pace.clock()
                self._idle.append(connection)
        if not keep:
            connection.close()
