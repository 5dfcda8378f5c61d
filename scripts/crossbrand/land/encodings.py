"""Which encoding a text file has: told by its first bytes, proved by its content, or not known.

A file that is valid UTF-8 and has letters outside of ASCII is UTF-8: by chance that does not
happen. The old single-byte encodings cannot be proved so, as any bytes are valid in them. They are
told by their letters: read in the right encoding, every accented letter belongs to one language's
alphabet; in the wrong one, signs such as © stand inside words. Where two readings are equally
good, none is taken.
"""

from __future__ import annotations

import codecs
import re

from crossbrand.land.model import FileRefusedError

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

CANDIDATES = ("cp1250", "iso8859-2", "cp1252")

SHOWN_NAMES = {"iso8859-1": "latin-1", "iso8859-2": "latin-2"}

# Letters outside of ASCII by language; upper case is added below.
ALPHABETS = {
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    # Customers of either country stand in one list.
    "Czech and Slovak": "áäčďéěíĺľňóôŕřšťúůýž",
    "Polish": "ąćęłńóśźż",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîşţșț",
    "German": "äöüß",
    "Slovene and Croatian": "čćđšž",
    "French": "àâæçèéêëîïôœùûüÿ",
    "Spanish": "áéíñóúü",
    "Italian": "àèéìíîòóùú",
}
_LETTERS = {name: frozenset(text + text.upper()) for name, text in ALPHABETS.items()}

# Signs that stand in texts of any language, though not inside a word.
_SIGNS = frozenset("–—…„“”‚‘’«»‹›€§°®©™•·\u00a0\u00ad±×÷²³½¼¾´")

_WORD = re.compile(r"[^\W\d_]+(?:[^\w\s,;|\"'.\-/@()+:]+[^\W\d_]+)*|[^\x00-\x7f]")

SAMPLE_LINES = 3000


def known_encoding(name: str) -> str:
    """Python's name of a declared encoding. Raises FileRefusedError with what to write instead."""
    try:
        info = codecs.lookup(name.strip())
        "".encode(info.name)
    except (LookupError, ValueError, UnicodeError) as error:
        raise FileRefusedError(
            f"--encoding {name!r} is no text encoding. Use utf-8, utf-16, cp1250, latin-2, cp1252 "
            "or another name that Python knows."
        ) from error
    return {"utf-8-sig": "utf-8"}.get(info.name, info.name)


def shown_encoding(name: str) -> str:
    """The name that people use."""
    return SHOWN_NAMES.get(name, name)


def by_bom(head: bytes) -> str | None:
    """The encoding that a byte order mark names."""
    return next((name for mark, name in BOMS if head.startswith(mark)), None)


def by_zeros(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of plain letters is zero."""
    sample = head[: 4096 - len(head) % 2]
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > 0.6 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    if even > 0.6 * pairs and odd < 0.1 * pairs:
        return "utf-16-be"
    return None


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def split_by_validity(data: bytes) -> tuple[list[bytes], int]:
    """The lines that are no UTF-8, and how many lines are UTF-8 with more than ASCII in them."""
    invalid: list[bytes] = []
    valid = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            if is_utf8(line):
                valid += 1
            elif len(invalid) < SAMPLE_LINES:
                invalid.append(line)
    return invalid, valid


def by_letters(lines: list[bytes]) -> str | None:
    """The single-byte encoding of these lines where one reading is clearly the best, else None."""
    data = b"\n".join(lines)
    readings: dict[str, tuple[float, str]] = {}
    for encoding in CANDIDATES:
        faults, text = _faults(data, encoding)
        # Encodings that give the same text are the same answer; the first of them stands.
        if all(text != other for _, other in readings.values()):
            readings[encoding] = (faults, text)
    ranked = sorted(readings.items(), key=lambda reading: reading[1][0])
    accented = sum(not byte < 128 for byte in data)
    best, (fewest, _) = ranked[0]
    if fewest > 0.02 * accented:
        return None
    if len(ranked) > 1:
        next_best = ranked[1][1][0]
        # At least three letters must speak against the other reading, and clearly more than for it.
        if next_best < 3 or next_best < 4 * fewest:
            return None
    return best


def _faults(data: bytes, encoding: str) -> tuple[float, str]:
    """How many letters fit no one language when the bytes are read so, and the text itself."""
    text = data.decode(encoding, errors="replace")
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    broken = sum(
        sum(1 for sign in word if not sign.isalpha() and not sign.isascii())
        for word in words
        if len(word) > 1
    )
    # A control character is no text at all, whether inside a word or not.
    broken += sum("\x80" <= sign <= "\x9f" or sign == "\ufffd" for sign in text) * 2
    letters = [sign for word in words for sign in word if sign.isalpha() and not sign.isascii()]
    alone = sum(len(word) == 1 and not word.isalpha() and word not in _SIGNS for word in words)
    strange = min(sum(letter not in known for letter in letters) for known in _LETTERS.values())
    return float(broken + strange + alone), text


def decide(sample: bytes, *, complete: bool) -> str:
    """The encoding of a file from its first bytes.

    complete: whether the sample is the whole file, so that its last character cannot be cut in two.
    Raises FileRefusedError where it is not UTF-8 and no other reading is clearly right.
    """
    marked = by_bom(sample)
    if marked:
        return marked
    if not complete:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    zeros = by_zeros(sample)
    if zeros:
        return zeros
    if is_utf8(sample):
        return "utf-8"
    invalid, valid = split_by_validity(sample)
    return "utf-8" if valid else decide_by_lines(invalid, sample.count(b"\n"))


def decide_by_lines(invalid: list[bytes], line_count: int) -> str:
    """The encoding, given all lines that are no UTF-8 in a file that has no other accented letters.

    Few such lines and no clear reading are damage: the file is UTF-8 and those lines are rejected.
    Raises FileRefusedError where they are many.
    """
    found = by_letters(invalid)
    if found:
        return found
    if len(invalid) <= 0.01 * line_count:
        return "utf-8"
    first = invalid[0]
    position = next(index for index, byte in enumerate(first) if byte > 127)
    near = first[max(0, position - 12) : position + 13]
    readings = ", ".join(
        f"{shown_encoding(name)}: {near.decode(name, errors='replace')!r}" for name in CANDIDATES
    )
    raise FileRefusedError(
        f"it is not UTF-8, and which encoding it has cannot be told for sure ({readings}). "
        "Say which with --encoding, for example --encoding cp1250."
    )
