"""A destination to copy: every line that a platform makes different is marked by what to put there.

It works as it stands, for a platform that takes people as JSON at POST /people, suppresses them at
POST /people/suppress and so on. docs/destinations.md walks through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossbrand.sync.answers import Refused
from crossbrand.sync.destinations.base import (
    DELIVERED,
    TELLING,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)


class Template(Destination):
    """One account at the platform. Say here what the key of a person is there."""

    contract = Contract(
        # The name in `destination:` of a mapping, and in the names of environment variables.
        name="template",
        summary="A destination to copy",
        # How many changes of each operation a request takes, by the platform's documentation. Leave
        # enter and leave out where there are no audiences.
        batch=dict.fromkeys(Operation, 100),
        # Fields of sync_profiles of which a person must have one, if the platform needs an address.
        needs=(),
        # Read from CROSSBRAND_<NAME>_<SECRET>; nothing else may hold them.
        secrets=("API_KEY",),
        url="https://api.example.com",
        max_bytes=1_000_000,
        concurrency=4,
        requests_per_second=10.0,
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """One request; what the platform lists under `errors` was not taken."""
        if operation is Operation.merge:
            document: Any = [
                {"from": change.external_id, "into": change.into_external_id} for change in changes
            ]
            path = "/people/merge"
        elif operation in TELLING or operation is Operation.close:
            # A no is told every time. A yes: where the platform keeps what people tell itself (that
            # they unsubscribe, say), only on the channels in `opened`, and those `held` are a no.
            document = [
                {
                    "id": change.external_id,
                    **change.payload,
                    "may": dict(change.permissions),
                    "opened": sorted(change.opened),
                    "held": sorted(change.held),
                }
                for change in changes
            ]
            path = "/people"
        else:
            document = [{"id": change.external_id} for change in changes]
            path = f"/people/{operation}"
        reply = self.http.request(
            "POST",
            path,
            document={"people": document},
            headers={"Authorization": f"Bearer {self.setup.secrets['API_KEY']}"},
            key=key,
        )
        # How the platform says which rows it did not take: by index, by id, or not at all, and then
        # a refused request (400 to 499, or `raise Refused`) is halved by whoever calls this until
        # the row is alone. An answer of another shape must raise, as this does: it is no yes.
        words = {error["index"]: str(error["message"]) for error in reply.body["errors"]}
        if not words.keys() <= set(range(len(changes))):
            raise Refused(reply.status, "; ".join(words.values()))
        return [
            Outcome(rejected=words[place]) if place in words else DELIVERED
            for place in range(len(changes))
        ]
