"""SALESmanago: contact/batchupsert, contact/update, contact/batchDelete, and looking contacts up.

By its public documentation: every call carries clientId, apiKey, requestTime and sha, which is the
SHA-1 of apiKey + clientId + apiSecret; a contact is keyed by its e-mail, and the answer to an
upsert gives the id of each e-mail that was taken. An answer of 200 may still say "success": false.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crossbrand.sync.answers import Refused
from crossbrand.sync.destinations.base import (
    DELIVERED,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)

LISTED = 50
"""Contacts that are asked for at once."""

CHANNELS: Mapping[str, tuple[str, ...]] = {"": ("email",), "Phone": ("sms", "call")}
"""How an opt-in is called, after the first word, and which channels it is about."""

UNKNOWN = "SALESmanago never told the id of this contact; look for it by hand"


class Salesmanago(Destination):
    """One account. A person without an e-mail that may be written to cannot be told to it."""

    contract = Contract(
        name="salesmanago",
        summary="SALESmanago, contact/batchupsert",
        batch={
            Operation.upsert: 500,
            Operation.enter: 500,
            Operation.leave: 1,
            Operation.close: 1,
            Operation.suppress: 1,
            Operation.delete: 100,
            Operation.erase: 100,
            Operation.merge: 1,
        },
        needs=("email",),
        is_by_email=True,
        secrets=("CLIENT_ID", "API_KEY", "API_SECRET", "OWNER"),
        url="https://www.salesmanago.com",
        concurrency=2,
        requests_per_second=5.0,
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Upserts by e-mail, everything else by SALESmanago's contact id."""
        if operation in (Operation.upsert, Operation.enter):
            return self._upsert(changes, key)
        there = [change for change in changes if change.remote_id and not change.is_gone]
        if operation is Operation.merge:
            # The e-mail is the key, so two customers with one e-mail are one contact already.
            there = [one for one in there if one.remote_id != one.into_remote_id]
            for change in there:
                self._carry_over(change, key)
        if operation in (Operation.suppress, Operation.close, Operation.leave):
            # A no holds for the contact, whoever else it stands for.
            for change in there:
                self._call("contact/update", self._update(change), key)
        else:
            # An erased person's fields cannot be told from those of whoever shares the contact, and
            # who stays is told of anew. Otherwise it is left to them.
            is_erasure = operation is Operation.erase
            gone = {str(one.remote_id) for one in there if is_erasure or not one.is_shared}
            if gone:
                self._delete(sorted(gone), key)
        is_quiet = operation not in (Operation.suppress, Operation.close)
        return [
            DELIVERED if change.remote_id or is_quiet else Outcome(rejected=UNKNOWN)
            for change in changes
        ]

    def _upsert(self, changes: Sequence[Change], key: str) -> list[Outcome]:
        # A contact that SALESmanago does not know starts without an opt-in, so the first yes has to
        # be told; to one that it knows from elsewhere only a yes that is newer than any no.
        known = self._known(str(one.payload["contact"]["email"]) for one in changes if one.is_new)
        details = [
            self._detail(
                change, change.is_new and _folded(change.payload["contact"]["email"]) not in known
            )
            for change in changes
        ]
        answer = self._call("contact/batchupsert", {"upsertDetails": details}, key)
        ids = {str(email).lower(): one for email, one in (answer.get("contactIds") or {}).items()}
        words = "; ".join(str(one) for one in answer.get("message") or []) or "not taken"
        outcomes = []
        for detail in details:
            contact_id = ids.get(str(detail["contact"]["email"]).lower())
            outcomes.append(
                Outcome(remote_id=str(contact_id)) if contact_id else Outcome(rejected=words)
            )
        return outcomes

    def _carry_over(self, change: Change, key: str) -> None:
        """Whoever opted out of the old contact there has said so of themselves: the new one, too.

        A merge deletes the old contact, and nobody would know of it any more.
        """
        answer = self._call("contact/listById", {"contactId": [change.remote_id]}, None)
        switches = {}
        for contact in answer["contacts"]:
            for name, channels in CHANNELS.items():
                is_ours = all(one in change.held for one in channels)
                if contact.get(f"optedOut{name}") and not is_ours:
                    switches[f"force{name}OptOut"] = True
        if switches:
            if change.into_remote_id is None:
                raise Refused(404, UNKNOWN)
            self._call("contact/update", {"contactId": change.into_remote_id, **switches}, key)

    def _known(self, emails: Iterable[str]) -> set[str]:
        """Of these e-mails those that are contacts there, whoever made them."""
        wanted = sorted(set(emails))
        found: set[str] = set()
        for start in range(0, len(wanted), LISTED):
            answer = self._call("contact/list", {"email": wanted[start : start + LISTED]}, None)
            # An answer without the list is no answer: everybody would look as if they were new.
            found |= {_folded(one["email"]) for one in answer["contacts"]}
        return found

    @staticmethod
    def _detail(change: Change, is_made: bool) -> dict[str, Any]:
        detail = _without_nothing(dict(change.payload))
        detail.setdefault("contact", {})["externalId"] = change.external_id
        detail |= _switches(change, is_made)
        if change.audience:
            detail["tags"] = [change.audience.name.upper()]
        return detail

    @staticmethod
    def _update(change: Change) -> dict[str, Any]:
        if change.operation is Operation.leave and change.audience:
            return {"contactId": change.remote_id, "removeTags": [change.audience.name.upper()]}
        update: dict[str, Any] = {"contactId": change.remote_id}
        if change.operation is Operation.close:
            emptied = _without_nothing(change.payload).get("properties")
            if emptied:
                update["properties"] = emptied
            return {**update, **_switches(change, False)}
        return {**update, "forceOptOut": True, "forcePhoneOptOut": True}

    def _delete(self, ids: Sequence[str], key: str) -> None:
        contacts = [{"addresseeType": "contactId", "value": one} for one in ids]
        self._call("contact/batchDelete", {"contacts": contacts}, key)

    def _call(self, method: str, document: dict[str, Any], key: str | None) -> dict[str, Any]:
        secrets = self.setup.secrets
        text = secrets["API_KEY"] + secrets["CLIENT_ID"] + secrets["API_SECRET"]
        signed = {
            "clientId": secrets["CLIENT_ID"],
            "apiKey": secrets["API_KEY"],
            "requestTime": int(time.time() * 1000),
            "sha": hashlib.sha1(text.encode()).hexdigest(),
            "owner": secrets["OWNER"],
        }
        reply = self.http.request(
            "POST", f"/api/{method}", document={**signed, **document}, key=key
        )
        answer: dict[str, Any] = reply.body
        if answer["success"] is not True:
            words = "; ".join(str(one) for one in answer.get("message") or []) or "no success"
            raise Refused(reply.status, words, answer)
        return answer


def _switches(change: Change, is_made: bool) -> dict[str, bool]:
    """The four switches; with all of them off a contact stays as it is there."""
    switches = {}
    for name, channels in CHANNELS.items():
        is_closed = change.is_closed(*channels)
        is_opened = is_made or change.is_opened(*channels)
        switches[f"force{name}OptIn"] = is_opened and not is_closed
        switches[f"force{name}OptOut"] = is_closed
    return switches


def _folded(email: Any) -> str:
    return str(email).strip().lower()


def _without_nothing(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is null is left out; of properties, which are texts, it is emptied."""
    kept: dict[str, Any] = {}
    for name, value in document.items():
        if name == "properties":
            kept[name] = {one: _text(inner) for one, inner in value.items()}
        elif isinstance(value, Mapping):
            kept[name] = _without_nothing(value)
        elif value is not None:
            kept[name] = value
    return kept


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
