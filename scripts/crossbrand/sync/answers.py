"""How a platform's answer is told: yes is a return value, the others are these."""

from __future__ import annotations

import re
from typing import Any

from crossbrand.errors import CrossbrandError

WORDS = 500
"""Characters that are kept of what a platform says."""


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
    """What a platform says, short, and without the e-mails and numbers that it repeats."""
    words = re.sub(r"[^\s\"'<>@,;:]+@[^\s\"'<>@,;:]+", "<e-mail>", words)
    words = re.sub(r"\+?\d[\d ()./-]{6,}\d", "<number>", words)
    return " ".join(words.split())[:WORDS]
