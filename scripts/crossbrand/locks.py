"""A lock that one process holds, and that the system lets go of when the process ends, however."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crossbrand.errors import CrossbrandError


@contextmanager
def hold(path: Path, refusal: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock file `path`.

    Raises CrossbrandError with `refusal`, where `{holder}` stands for the process that holds it,
    when it is not free within `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as lock:
        until = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= until:
                    lock.seek(0)
                    holder = lock.read().strip() or "unknown"
                    raise CrossbrandError(refusal.replace("{holder}", holder)) from error
                time.sleep(0.1)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
