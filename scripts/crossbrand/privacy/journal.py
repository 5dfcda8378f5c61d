"""The erasure that is under way, so that one that was killed goes on where it was.

Ids and counts stand in it as they are; identifiers are sealed with the suppression key. It is
removed when the erasure is done.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from crossbrand.errors import CrossbrandError
from crossbrand.keys import Key, load_keys
from crossbrand.privacy.places import KEY_NAME, PrivacyFolder, write_private
from crossbrand.privacy.seal import seal, unseal


@dataclass
class Journal:
    """One erasure. `done` are the steps that ended, `results` what each of them counted."""

    erasure_id: str
    erased_at: str
    who: str
    key: str
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By customer id the brands it was erased at, and whether it lives on at others."""
    former: list[str] = field(default_factory=list)
    """Ids under which their records were known before they were merged or split."""
    gone: list[str] = field(default_factory=list)
    """Those of the former ids that nobody has now; of who lives on elsewhere, none."""
    gone_alone: list[str] = field(default_factory=list)
    """Those of the gone that were nobody else's: a split may have given a part to others."""
    requests: list[list[str]] = field(default_factory=list)
    refused: int = 0
    shared: int = 0
    as_of: str | None = None
    has_postgres: bool = False
    """Whether a database is to be replaced as well; its address may hold a password."""
    expected: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)
    sealed: str = ""

    @property
    def moment(self) -> datetime:
        """When the erasure began: what happened until then is erased."""
        return datetime.fromisoformat(self.erased_at).astimezone(UTC)

    def seal(self, key: Key, marks: dict[str, list[str]], values: list[str]) -> None:
        """Keep the marks and the identifiers for the steps to come."""
        self.sealed = seal(key, json.dumps({"marks": marks, "values": values}))

    def open(self, folder: PrivacyFolder) -> tuple[dict[str, list[str]], list[str]]:
        """The marks and the identifiers. Raises CrossbrandError where the key is gone."""
        for key in load_keys(folder.keys, KEY_NAME):
            if key.id == self.key:
                document = json.loads(unseal(key, self.sealed))
                return document["marks"], document["values"]
        raise CrossbrandError(
            f"The key {self.key} with which {folder.journal} was sealed is gone. Restore it."
        )

    def write(self, folder: PrivacyFolder) -> None:
        """Bring it to the disk."""
        write_private(folder.journal, json.dumps(asdict(self), indent=1) + "\n")


def read_journal(folder: PrivacyFolder) -> Journal | None:
    """The erasure that was cut off, if any."""
    try:
        text = folder.journal.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Journal(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise CrossbrandError(
            f"{folder.journal} is not what crossbrand wrote. Look at it, and restore it."
        ) from error
