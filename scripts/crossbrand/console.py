"""The terminal: consoles that also read well in a pipe, bars, and progress for both."""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

PIPE_WIDTH = 100
"""Columns of a line where there is no terminal to ask."""

WIDEST = 112
"""A wider terminal is not filled: long lines are hard to follow."""


def make_console(*, stderr: bool = False) -> Console:
    """A console on standard output (or error) of a readable width, without colours in a pipe."""
    console = Console(stderr=stderr, highlight=False)
    console.width = min(console.width, WIDEST) if console.is_terminal else PIPE_WIDTH
    return console


def bar(value: float, largest: float, width: int = 24) -> str:
    """A horizontal bar of at most `width` characters, in eighths of one; never empty above zero."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(width * 8 * min(value / largest, 1)))
    full, rest = divmod(eighths, 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[rest]


class Advance(Protocol):
    """Tells a progress display how far the work is."""

    def __call__(self, done: int, total: int, current: str) -> None: ...


class Steps:
    """Progress of a counted job: a live bar on a terminal, a line now and then in a pipe."""

    def __init__(self, console: Console, title: str, *, every_seconds: float = 5.0) -> None:
        self._console = console
        self._title = title
        self._every = every_seconds
        self._last = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        if console.is_terminal:
            self._progress = Progress(
                TextColumn("[bold]{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("[dim]{task.fields[current]}"),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Advance:
        if self._progress is None:
            self._console.print(f"{self._title} …")
            return self._line
        self._progress.start()
        self._task = self._progress.add_task(self._title, total=None, current="starting")
        return self._live

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _live(self, done: int, total: int, current: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, current=current[:40])

    def _line(self, done: int, total: int, current: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            line = Text(f"  {done:>5} of {total}  {current}")
            line.truncate(self._console.width, overflow="ellipsis")
            self._console.print(line)
