"""The list of erased people: keyed hashes of what is theirs, and nothing that can be read back.

A mark is the HMAC-SHA256, cut to 128 bits, of a kind and a text. The kinds:

| Kind | Text | Stands for |
|---|---|---|
| an identifier type | `type|scope|value` | an identifier that was the person's alone |
| `person` | that of a shared identifier, `#`, a given name | the person among those who share it |
| `record:<feed>` | `record|brand|id` | a record that names nothing that was theirs alone |
| `order_id`, `message_id` | `type|brand|value` | what other rows belong to |

The scope is the controller of e-mail and phone (`?` in files of a brand that nobody knows), and
the brand of all else, by seeds/identifier_types.csv.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crossbrand.errors import CrossbrandError
from crossbrand.keys import Key, load_keys, load_or_create
from crossbrand.privacy.places import KEY_NAME, PrivacyFolder, write_private

VERSION = 1
DIGITS = 32


def digest(key: Key, kind: str, text: str) -> str:
    """A mark as 32 hexadecimal digits."""
    return hmac.digest(key.secret, f"{kind}\0{text}".encode(), "sha256").hex()[:DIGITS]


@dataclass
class SuppressionList:
    """Everybody who was erased: by key and kind, a mark and the moment of the erasure."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    marks: dict[str, dict[str, dict[str, datetime]]] = field(default_factory=dict)
    state: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever erased here."""
        return not self.marks

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that occur, so that nothing else need be hashed."""
        return frozenset(kind for by_kind in self.marks.values() for kind in by_kind)

    @classmethod
    def of(cls, marks: Mapping[str, Iterable[str]], erased_at: datetime) -> SuppressionList:
        """A list in memory, under a key that nobody keeps: for a preview."""
        key = Key("preview", secrets.token_bytes(32))
        hashed = {
            kind: {digest(key, kind, text): erased_at for text in texts}
            for kind, texts in marks.items()
        }
        return cls({key.id: key}, {key.id: hashed})

    def find(self, kind: str, texts: Iterable[str]) -> dict[str, datetime]:
        """Those of the texts that are on the list, with the latest erasure of each."""
        found: dict[str, datetime] = {}
        sets = [
            (self.keys[key_id], by_kind[kind])
            for key_id, by_kind in self.marks.items()
            if kind in by_kind
        ]
        for text in texts if sets else ():
            for key, known in sets:
                moment = known.get(digest(key, kind, text))
                if moment is not None:
                    found[text] = max(moment, found.get(text, moment))
        return found


def load_list(folder: PrivacyFolder) -> SuppressionList:
    """The list as it stands; empty, at the price of one look, where nobody was erased.

    Raises CrossbrandError where the list cannot be used: its key is missing or others may read it.
    Without it nobody could tell who must not come back.
    """
    if not folder.suppressed.is_dir():
        return SuppressionList()
    files = sorted(folder.suppressed.glob("*.json"))
    if not files:
        return SuppressionList()
    keys = {key.id: key for key in load_keys(folder.keys, KEY_NAME)}
    marks: dict[str, dict[str, dict[str, datetime]]] = {}
    for path in files:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            key_id, kinds = str(document["key"]), document["marks"]
            erased_at = datetime.fromisoformat(document["erased_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise CrossbrandError(
                f"{path} is not what crossbrand wrote, so nobody can tell who must not be taken "
                "in again. Restore it from your backup."
            ) from error
        if key_id not in keys:
            raise CrossbrandError(
                f"{path} was made with the key {key_id}, which is not in "
                f"{folder.keys / f'{KEY_NAME}.key'}, so nobody can tell who must not be taken in "
                "again. Restore the key from your backup."
            )
        for kind, values in kinds.items():
            known = marks.setdefault(key_id, {}).setdefault(kind, {})
            for value in values:
                known[value] = max(erased_at, known.get(value, erased_at))
    return SuppressionList(keys, marks, list_state(path.name for path in files))


def list_state(names: Iterable[str]) -> str:
    """What tells one state of the list from another; macros/privacy computes the same in SQL."""
    return hashlib.md5(",".join(sorted(names)).encode(), usedforsecurity=False).hexdigest()


def write_marks(
    folder: PrivacyFolder, erasure_id: str, erased_at: datetime, marks: Mapping[str, Iterable[str]]
) -> int:
    """Put the texts of one erasure on the list, by kind. May be repeated. Returns how many.

    The key is made with the first of them.
    """
    key = load_or_create(folder.keys, KEY_NAME)
    hashed = {
        kind: sorted({digest(key, kind, text) for text in texts})
        for kind, texts in sorted(marks.items())
    }
    document = {
        "version": VERSION,
        "erasure_id": erasure_id,
        "erased_at": erased_at.astimezone(UTC).isoformat(),
        "key": key.id,
        "marks": {kind: values for kind, values in hashed.items() if values},
    }
    write_private(folder.suppressed / f"{erasure_id}.json", json.dumps(document) + "\n")
    return sum(len(values) for values in hashed.values())
