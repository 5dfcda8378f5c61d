"""How a platform's answer is told: yes is a return value, the others are these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from crossbrand.errors import CrossbrandError

WORDS = 500
"""Characters that are kept of what a platform says."""

HEARD = 20_000
"""Characters of it that are looked at, before anything is taken out."""

SHORT = 4
"""Values of fewer characters are taken out where they stand alone: a name may be Li or Bo."""

VALUE = "<value>"


class Refused(Exception):  # noqa: N818 - named for what the platform did
    """The platform said no to a request as it stands, in these words."""

    def __init__(self, status: int, words: str, body: Any = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.body = body


class Unavailable(Exception):  # noqa: N818
    """No answer that says yes or no, after all retries; what was sent may have arrived."""


class Unauthorised(CrossbrandError):  # noqa: N818
    """The platform does not take the credentials."""


def without_addresses(words: str) -> str:
    """What a platform says without the e-mails and numbers that it repeats, not yet shortened."""
    words = re.sub(r"[^\s\"'<>@,;:]+(@|%40)[^\s\"'<>@,;:]+", "<e-mail>", words[:HEARD])
    words = re.sub(r"\+?\d[\d ()./-]{6,}\d", "<number>", words)
    return " ".join(words.split())


def kept(words: str, payloads: Iterable[Mapping[str, Any]] = ()) -> str:
    """What may be kept of a platform's words: no address, no value of these payloads, short.

    It is shortened last, so that no half of a value is left at the end.
    """
    cleaned = without_values(words[:HEARD], {text for one in payloads for text in _texts(one)})
    cleaned = without_addresses(cleaned)
    if len(words) > HEARD:
        # What was cut there may have been cut within a value.
        cleaned = cleaned[: -WORDS or None]
    return cleaned[:WORDS]


def without_values(words: str, values: Iterable[str], instead: str = VALUE) -> str:
    """The words without these texts, in any case, and encoded for a URL or in JSON as well."""
    forms = {form for value in values for form in _forms(value)}
    folded = words.casefold()
    found = sorted(
        (one for one in forms if one.casefold() in folded), key=lambda one: (-len(one), one)
    )
    for form in found:
        pattern = re.escape(form)
        if len(form) < SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        words = re.sub(pattern, instead, words, flags=re.IGNORECASE)
    left = words.casefold()
    if any(len(form) >= SHORT and form.casefold() in left for form in found):
        # Folded in a way that no pattern finds: not worth a guess where it stands.
        return instead
    return words


def _forms(value: str) -> set[str]:
    text = value.strip()
    cases = {text, text.lower(), text.upper(), text.title(), text.casefold()}
    encoded = {
        form
        for one in cases
        for form in (quote(one, safe=""), quote_plus(one), json.dumps(one)[1:-1])
    }
    return {one for one in {text} | encoded if one}


def _texts(value: Any) -> Iterator[str]:
    """Every text and number within a payload, however deep."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool) and str(value).strip():
        yield str(value)
        # Names of several parts are repeated in part.
        if isinstance(value, str):
            yield from (part for part in value.split() if len(part) >= SHORT)
