"""The one HTTP client: time-outs, retries, the platform's pace, and no secret in any message.

Needs the extra `sync` (httpx and tenacity).
"""

from __future__ import annotations

import email.utils
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crossbrand.errors import CrossbrandError
from crossbrand.sync.answers import Refused, Unauthorised, Unavailable, without_addresses

try:
    import httpx
    import tenacity
except ImportError as error:
    raise CrossbrandError(
        'Destinations that are reached by HTTP need two libraries: pip install "crossbrand[sync]".'
    ) from error

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
BUSY = frozenset({408, 425, 429})
NOWHERE = frozenset({404, 405, 410})
SHORTEST_SECRET = 4
LARGEST = 50_000_000
"""Bytes of an answer."""


class _Again(Exception):  # noqa: N818
    def __init__(self, words: str, wait: float | None = None) -> None:
        super().__init__(words)
        self.wait = wait


@dataclass(frozen=True)
class Pace:
    """How patient and how fast a client is. Times in seconds."""

    timeout: float = 30.0
    attempts: int = 5
    retry: float = 1.0
    longest_wait: float = 120.0
    requests_per_second: float | None = None


@dataclass(frozen=True)
class Reply:
    """A positive answer."""

    status: int
    body: Any


class Transport:
    """Sends requests to one platform; shared by threads."""

    def __init__(
        self,
        url: str,
        pace: Pace,
        *,
        secrets: Mapping[str, str],
        variables: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`variables` are the environment variables to name when the credentials are refused."""
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
            raise CrossbrandError(
                f"The address {parts.scheme}://{parts.hostname} is not sent to: personal data "
                "goes over https only, except on this machine itself."
            )
        self._url = url
        self._pace = pace
        self._secrets = [one for one in secrets.values() if len(one) >= SHORTEST_SECRET]
        self._variables = tuple(variables)
        self._client = httpx.Client(
            base_url=url,
            # Without TLS there is nothing to verify, and loading the certificates takes a while.
            verify=parts.scheme == "https",
            timeout=httpx.Timeout(pace.timeout, connect=min(pace.timeout, 10.0)),
            headers={"User-Agent": "crossbrand", **(headers or {})},
            limits=httpx.Limits(max_connections=64),
        )
        self._lock = threading.Lock()
        self._next = 0.0
        self.stopped = threading.Event()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        document: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        key: str | None = None,
    ) -> Reply:
        """Send until there is an answer; raises Refused, Unavailable or Unauthorised.

        Retried are broken connections, time-outs, 408, 425, 429 and 500 to 599, as long as the
        platform asks for (Retry-After, X-RateLimit-Reset), else ever longer. Callable headers are
        made anew for each attempt, for those that hold the time.
        """
        if content is None and document is not None:
            content = json.dumps(document, ensure_ascii=False, default=str).encode()

        def attempt() -> Reply:
            given = headers() if callable(headers) else headers or {}
            own = {"Content-Type": "application/json"} if content is not None else {}
            if key is not None:
                own["Idempotency-Key"] = key
            self._wait_for_turn()
            try:
                with self._client.stream(
                    method,
                    path or self._url,
                    content=content,
                    params=params,
                    headers={**own, **given},
                ) as answer:
                    heard = self._read(answer)
            except httpx.TimeoutException as error:
                raise _Again(f"no answer within {self._pace.timeout:g} s") from error
            except httpx.HTTPError as error:
                raise _Again(self._clean(f"connection failed: {error}")) from error
            return self._judge(answer, heard)

        try:
            return tenacity.Retrying(
                stop=tenacity.stop_after_attempt(self._pace.attempts)
                | tenacity.stop_when_event_set(self.stopped),
                wait=self._wait,
                retry=tenacity.retry_if_exception_type(_Again),
                sleep=self._sleep,
                reraise=True,
            )(attempt)
        except _Again as error:
            raise Unavailable(str(error)) from error.__cause__

    def _read(self, answer: httpx.Response) -> bytes:
        """The whole answer, within the time that there is: each part of it may come in time."""
        ends_at = time.monotonic() + self._pace.timeout
        heard = bytearray()
        for part in answer.iter_bytes():
            heard += part
            if time.monotonic() > ends_at:
                raise _Again(f"no whole answer within {self._pace.timeout:g} s")
            if len(heard) > LARGEST:
                raise _Again(f"an answer of more than {LARGEST:,} bytes")
        return bytes(heard)

    def _judge(self, answer: httpx.Response, heard: bytes) -> Reply:
        status = answer.status_code
        try:
            body = json.loads(heard) if heard else None
        except ValueError:
            body = None
        if 200 <= status < 300:
            if body is None and b"<html" in heard[:2000].lower():
                raise Unavailable(
                    "a web page instead of an answer: the address is wrong, or a proxy has answered"
                )
            return Reply(status, body)
        words = self._clean(f"{status}: {heard.decode('utf-8', 'replace')}")
        if status in (401, 403):
            named = " and ".join(self._variables) or "the credentials"
            raise Unauthorised(
                f"The platform does not take the credentials ({words}). Look at {named}."
            )
        if status in BUSY or status >= 500:
            wait = _asked_to_wait(answer.headers)
            if wait is not None and wait > self._pace.longest_wait:
                raise Unavailable(f"{words} (asks to come back in {wait:.0f} s)")
            if wait is not None:
                self._pause(wait)
            raise _Again(words, wait)
        if status < 400 or (status in NOWHERE and answer.request.method != "GET"):
            raise Unavailable(f"the address is wrong, or not complete: {words}")
        raise Refused(status, words, body)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.wait is not None:
            # The pause that the platform asked for holds for every worker, this one too.
            return 0.0
        wait = self._pace.retry * 2.0 ** (state.attempt_number - 1)
        # Several clients that failed at once must not come back at once.
        return min(wait, self._pace.longest_wait) + random.uniform(0, self._pace.retry)

    def _sleep(self, seconds: float) -> None:
        self.stopped.wait(seconds)

    def _wait_for_turn(self) -> None:
        """One request every so often over all threads, none while the platform wants a pause."""
        rate = self._pace.requests_per_second
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            if rate:
                self._next = turn + 1 / rate
        if turn > now:
            self.stopped.wait(turn - now)

    def _pause(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def _clean(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return without_addresses(words)


def _asked_to_wait(headers: httpx.Headers) -> float | None:
    """Seconds by Retry-After (seconds or a date) or X-RateLimit-Reset (epoch seconds)."""
    after = headers.get("retry-after", "").strip()
    if after:
        try:
            return max(0.0, float(after))
        except ValueError:
            parsed = email.utils.parsedate_tz(after)
            if parsed:
                return max(0.0, email.utils.mktime_tz(parsed) - time.time())
    reset = headers.get("x-ratelimit-reset", "").strip()
    if reset.isdigit():
        return max(0.0, int(reset) - time.time())
    return None
