"""Braze: /users/track, /users/merge and /users/delete, and /users/export/ids before a merge.

By its public documentation: up to 75 objects in a request to /users/track, 50 in one to the other
two; 3,000 requests in three seconds; what it does not take of a request it lists under `errors`, by
index.
"""

from __future__ import annotations

from collections.abc import Sequence
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

AUDIENCES = "crossbrand_audiences"
"""The custom attribute, an array, that holds the audiences of a person."""

CLOSED = "unsubscribed"
STATES = {"email": ("email",), "push": ("web_push", "app_push")}
"""What Braze keeps a subscription state of, and which channels it is about."""


class Braze(Destination):
    """One workspace. The external id is `brand:customer`."""

    contract = Contract(
        name="braze",
        summary="Braze, /users/track and companions",
        batch={
            Operation.upsert: 75,
            Operation.enter: 75,
            Operation.leave: 75,
            Operation.close: 75,
            Operation.suppress: 75,
            Operation.delete: 50,
            Operation.erase: 50,
            Operation.merge: 50,
        },
        is_by_email=True,
        secrets=("API_KEY",),
        url="https://rest.fra-01.braze.eu",
        concurrency=8,
        requests_per_second=250.0,
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Everything but merges and deletions is an attributes object."""
        if operation is Operation.merge:
            updates = [
                {
                    "identifier_to_merge": {"external_id": change.external_id},
                    "identifier_to_keep": {"external_id": change.into_external_id},
                }
                for change in changes
            ]
            self._carry_over(changes, key)
            return self._post("/users/merge", {"merge_updates": updates}, changes, key)
        if operation in (Operation.delete, Operation.erase):
            ids = [change.external_id for change in changes]
            return self._post("/users/delete", {"external_ids": ids}, changes, key)
        attributes = [self._attributes(change) for change in changes]
        return self._post("/users/track", {"attributes": attributes}, changes, key)

    def _carry_over(self, changes: Sequence[Change], key: str) -> None:
        """Whoever unsubscribed under the old profile has done so for themselves.

        A merge keeps the states of the profile that stays, so these are told to it before.
        """
        ids = [change.external_id for change in changes]
        wanted = ["external_id", *(f"{kind}_subscribe" for kind in STATES)]
        reply = self._request(
            "/users/export/ids", {"external_ids": ids, "fields_to_export": wanted}, None
        )
        left = {
            (str(user.get("external_id")), kind)
            for user in reply["users"]
            for kind in STATES
            if user.get(f"{kind}_subscribe") == CLOSED
        }
        carried = []
        for change in changes:
            states = {
                f"{kind}_subscribe": CLOSED
                for kind, channels in STATES.items()
                if (change.external_id, kind) in left and not change.held.issuperset(channels)
            }
            if states:
                into = {"external_id": change.into_external_id, "_update_existing_only": True}
                carried.append({**into, **states})
        if carried:
            outcomes = self._post(
                "/users/track", {"attributes": carried}, changes, f"{key}-carried"
            )
            refused = [one.rejected for one in outcomes if one.rejected]
            if refused:
                raise Refused(200, refused[0])

    def _attributes(self, change: Change) -> dict[str, Any]:
        attributes: dict[str, Any] = {"external_id": change.external_id}
        if change.operation is Operation.leave and change.audience:
            audiences = {"remove": [change.audience.name]}
            return {**attributes, "_update_existing_only": True, AUDIENCES: audiences}
        if change.operation is Operation.suppress:
            return {
                **attributes,
                "_update_existing_only": True,
                # The address goes, too: what may be sent to it may be shared with other profiles.
                "email": None,
                "email_subscribe": CLOSED,
                "push_subscribe": CLOSED,
                "may_contact_sms": False,
                "may_contact_call": False,
            }
        if change.operation is Operation.close:
            attributes["_update_existing_only"] = True
        attributes |= change.payload
        for kind, channels in STATES.items():
            # Left out, a profile keeps what it has, and a new one is `subscribed`.
            if change.is_closed(*channels):
                attributes[f"{kind}_subscribe"] = CLOSED
            elif change.is_opened(*channels):
                attributes[f"{kind}_subscribe"] = "subscribed"
        for channel in ("sms", "call"):
            if channel in change.permissions:
                attributes[f"may_contact_{channel}"] = change.permissions[channel]
        if change.audience:
            attributes[AUDIENCES] = {"add": [change.audience.name]}
        return attributes

    def _post(
        self, path: str, document: dict[str, Any], changes: Sequence[Change], key: str
    ) -> list[Outcome]:
        outcomes = [DELIVERED] * len(changes)
        for error in self._request(path, document, key).get("errors") or []:
            index = error.get("index") if isinstance(error, dict) else None
            words = str((error.get("type") if isinstance(error, dict) else None) or error)
            if not isinstance(index, int) or not 0 <= index < len(outcomes):
                # Braze does not say who it is about: the batch is halved until it is plain.
                raise Refused(200, words)
            outcomes[index] = Outcome(rejected=words)
        return outcomes

    def _request(self, path: str, document: dict[str, Any], key: str | None) -> dict[str, Any]:
        """The answer; one without a message is none of Braze's, and nobody knows what was taken."""
        reply = self.http.request(
            "POST",
            path,
            document=document,
            headers={"Authorization": f"Bearer {self.setup.secrets['API_KEY']}"},
            key=key,
        )
        body: dict[str, Any] = reply.body
        body["message"]
        return body
