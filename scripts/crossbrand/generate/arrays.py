"""Small vectorised helpers between numpy (the drawing) and Arrow (the text that is delivered).

Moments are int64 seconds since 1970-01-01 UTC; MISSING stands for none. Money is int64 hundredths.
An index below 0 means null throughout.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DAY = 86_400
MISSING = np.iinfo(np.int64).min


def ints(values: npt.ArrayLike) -> Ints:
    """The values as 64-bit integers."""
    return np.asarray(values, dtype=np.int64)


def full(count: int, value: int = -1) -> Ints:
    """`count` times the same integer, by default the index of a null."""
    return np.full(count, value, dtype=np.int64)


def nulls(count: int) -> pa.Array:
    """A text column without a value."""
    return pa.nulls(count, pa.string())


def texts(values: Sequence[str | None]) -> pa.Array:
    """A text column."""
    return pa.array(values, pa.string())


def take(pool: pa.Array, index: Ints) -> pa.Array:
    """The pool's texts at the index, as plain strings: for values that are mostly distinct."""
    return pool.take(pa.array(index, pa.int64(), mask=index < 0))


def coded(values: Sequence[str], codes: npt.NDArray[np.integer]) -> pa.Array:
    """A dictionary column: for few distinct values that come often."""
    indices = pa.array(codes.astype(np.int32), pa.int32(), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, texts(values))


def constant(value: str, count: int) -> pa.Array:
    """The same text in every row, as a dictionary column."""
    return coded([value], np.zeros(count, np.int64))


def numbered(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Ids such as 'M000123'. Numbers longer than the width are kept whole."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def flag_texts(flags: Flags, known: Flags | None = None) -> pa.Array:
    """'true' and 'false', null where not known."""
    codes = np.where(flags, 1, 0)
    return coded(["false", "true"], codes if known is None else np.where(known, codes, -1))


_HUNDREDTHS = texts([f".{number:02d}" for number in range(100)])


def money_text(cents: Ints, known: Flags | None = None) -> pa.Array:
    """Hundredths as decimal text with two digits; for amounts of zero and more."""
    whole = pa.array(cents // 100, mask=None if known is None else ~known).cast(pa.string())
    return pc.binary_join_element_wise(whole, _HUNDREDTHS.take(pa.array(cents % 100)), "")


def instants(seconds: Ints) -> pa.Array:
    """Native timestamps without a zone."""
    array = pa.array(seconds, pa.int64(), mask=seconds == MISSING)
    return array.cast(pa.timestamp("s")).cast(pa.timestamp("us"))


def instant_text(seconds: Ints, style: int, offsets: Ints) -> pa.Array:
    """ISO 8601 text in one of the styles that systems have.

    0: '2025-03-01T10:22:33Z'; 1: local time with its offset; 2: '2025-03-01 10:22:33' in UTC.
    `offsets` is the local offset of each row in seconds, whole hours, read for style 1 only.
    """
    missing = seconds == MISSING
    shown = np.where(missing, 0, seconds + (offsets if style == 1 else 0))
    text = pa.array(shown, pa.int64(), mask=missing).cast(pa.timestamp("s")).cast(pa.string())
    if style == 2:
        return text
    text = pc.replace_substring(text, " ", "T", max_replacements=1)
    if style == 0:
        return pc.binary_join_element_wise(text, "Z", "")
    hours = offsets // 3600
    zones = texts([f"{hour:+03d}:00" for hour in range(-12, 15)])
    return pc.binary_join_element_wise(text, zones.take(pa.array(hours + 12)), "")


def date_text(days: Ints, known: Flags) -> pa.Array:
    """ISO dates from days since 1970-01-01, null where not known."""
    return (
        pa.array(days.astype(np.int32), pa.int32(), mask=~known).cast(pa.date32()).cast(pa.string())
    )


def pick(rng: np.random.Generator, weights: Sequence[float], count: int) -> Ints:
    """`count` draws from 0 … len(weights) - 1 with these weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return ints(np.searchsorted(edges / edges[-1], rng.random(count), side="right")).clip(
        0, len(weights) - 1
    )


def chance(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """True with the probability, row by row."""
    return np.asarray(rng.random(count) < probability)


def runs(lengths: Ints) -> tuple[Ints, Ints]:
    """For groups of these lengths: the group of each row, and the row's position within it."""
    group = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return ints(group), ints(np.arange(len(group)) - starts[group])


def scramble(number: Ints, modulus: int, factor: int, shift: int = 0) -> Ints:
    """A one-to-one mapping of 0 … modulus - 1; factor and modulus must be coprime."""
    return (number * factor + shift) % modulus


def hashed(number: Ints, salt: int) -> npt.NDArray[np.uint64]:
    """splitmix64 of the numbers: distinct numbers stay distinct (Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        state = number.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(state ^ (state >> np.uint64(31)))
