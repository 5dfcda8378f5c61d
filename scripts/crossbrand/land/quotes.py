"""All quotes of a chunk at once: which lines are clean by themselves, and which texts span lines.

Quotes alternate: one opens a field, the next closes it, and a doubled one is a closing and an
opening side by side. So a quote's neighbour tells whether it may stand where it does, given
whether it opens or closes; and that, within a line, is whether its place among the line's quotes
is even or odd.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crossbrand.land.csv_record import Dialect

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LINE_FEED, CARRIAGE_RETURN = 10, 13

SLICE = 256 * 1024


def all_quotes_are_clean(chunk: bytes, array: npt.NDArray[np.uint8], dialect: Dialect) -> bool:
    """Whether every line of a chunk is clean by itself: the cheap question, asked first.

    It goes in slices that stay in the processor's cache, and stops at the first that is not.
    """
    if dialect.quote not in chunk:
        return True
    may_open, may_close = _neighbours(dialect)
    quote = dialect.quote[0]
    open_before = 0  # 1 where a slice begins inside of quotes
    for start in range(0, len(array), SLICE):
        part = array[start : start + SLICE]
        at = np.flatnonzero(part == quote)
        line_ends = np.flatnonzero(part == LINE_FEED)
        if ((np.searchsorted(at, line_ends) + open_before) & 1).any():
            return False  # a line ends inside of quotes
        at += start
        # Before the chunk's first byte stands, in effect, its last one: a line end.
        before = array.take(at[open_before::2] - 1, mode="wrap")
        behind = array.take(at[1 - open_before :: 2] + 1)
        if not (may_open[before].all() and may_close[behind].all()):
            return False
        open_before = (open_before + len(at)) & 1
    return not open_before


def _neighbours(dialect: Dialect) -> tuple[Flags, Flags]:
    """By byte: whether it may stand before an opening quote, and behind a closing one."""
    quote, delimiter = dialect.quote[0], dialect.delimiter[0]
    may_open, may_close = np.zeros(256, bool), np.zeros(256, bool)
    may_open[[delimiter, LINE_FEED, quote]] = True
    may_close[[delimiter, LINE_FEED, CARRIAGE_RETURN, quote]] = True
    return may_open, may_close


class Quotes:
    """The quotes of one chunk of whole lines, which begins where a record begins.

    array: the chunk's bytes; starts, ends: of its lines, `ends` at the line ends.
    """

    def __init__(
        self, array: npt.NDArray[np.uint8], starts: Indices, ends: Indices, dialect: Dialect
    ) -> None:
        may_open, may_close = _neighbours(dialect)
        at = np.flatnonzero(array == dialect.quote[0])
        self._first = np.append(np.searchsorted(at, starts), len(at))
        counts = np.diff(self._first)
        self._odd = (counts & 1).astype(bool)
        # Before the chunk's first byte stands, in effect, its last one: a line end.
        opening_fits = may_open[array.take(at - 1, mode="wrap")]
        closing_fits = may_close[array.take(at + 1)]
        # True where the quote opens, when each line begins outside of quotes.
        opens = np.zeros(len(at), bool)
        opens[::2] = True
        opens ^= np.repeat((self._first[:-1] & 1).astype(bool), counts)
        bad_outside = np.where(opens, ~opening_fits, ~closing_fits)
        # Entered inside of quotes, what would open closes, and the other way round.
        self._bad_inside = np.where(opens, ~closing_fits, ~opening_fits)
        self._counts = counts
        has_bad = np.zeros(len(ends), bool)
        has_bad[np.searchsorted(ends, at[bad_outside])] = True
        self.unclean: Indices = np.flatnonzero(self._odd | has_bad)
        self._leaves_open = self._odd & ~has_bad
        self._with_quotes = np.flatnonzero(counts)
        self._simple_ends = self._find_simple_ends(at, ends)

    def _find_simple_ends(self, at: Indices, ends: Indices) -> dict[int, int]:
        """Lines that leave a text open → the closing line, where it is the next with quotes."""
        openers = np.flatnonzero(self._leaves_open)
        place = np.searchsorted(self._with_quotes, openers) + 1
        openers, place = (
            openers[place < len(self._with_quotes)],
            place[place < len(self._with_quotes)],
        )
        closers = self._with_quotes[place]
        of_odd_lines = np.repeat(self._odd, self._counts) & self._bad_inside
        bad_closer = ~self._odd
        bad_closer[np.searchsorted(ends, at[of_odd_lines])] = True
        fits = ~bad_closer[closers]
        return dict(zip(openers[fits].tolist(), closers[fits].tolist(), strict=True))

    def span_end(self, line: int) -> int | None:
        """The line in which the text that `line` leaves open is closed, all by the grammar.

        None where the quotes of `line` are wrong, or the next quotes do not fit, or there are none.
        """
        simple = self._simple_ends.get(line)
        if simple is not None or not self._leaves_open[line]:
            return simple
        following = int(np.searchsorted(self._with_quotes, line)) + 1
        for candidate in self._with_quotes[following:]:
            if self._bad_inside[self._of(candidate)].any():
                return None
            if self._odd[candidate]:
                return int(candidate)
        return None

    def _of(self, line: int) -> slice:
        return slice(int(self._first[line]), int(self._first[line + 1]))
