"""A webhook of one's own: changes as JSON by POST, signed on request."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence

from crossbrand.sync.answers import Refused
from crossbrand.sync.destinations.base import (
    DELIVERED,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)
from crossbrand.sync.destinations.file import as_document


class Webhook(Destination):
    """Each change carries its idempotency key, which the receiver keeps to tell a repeat."""

    contract = Contract(
        name="webhook",
        summary="JSON by POST to an address of your own, signed by HMAC-SHA256 on request",
        batch=dict.fromkeys(Operation, 500),
        optional_secrets=("SIGNING_KEY", "TOKEN"),
        max_bytes=5_000_000,
        concurrency=4,
        settings={"path": ""},
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """The receiver may answer {"rejected": [{"idempotency_key": …, "message": …}]}."""
        document = {
            "destination": self.setup.mapping.name,
            "operation": str(operation),
            "idempotency_key": key,
            "changes": [as_document(change) for change in changes],
        }
        content = json.dumps(document, ensure_ascii=False, default=str).encode("utf-8")
        reply = self.http.request(
            "POST",
            str(self.setup.settings["path"]),
            content=content,
            headers=lambda: self._headers(content),
            key=key,
        )
        body = reply.body if isinstance(reply.body, dict) else {}
        words = {
            str(one.get("idempotency_key")): str(one.get("message") or "rejected")
            for one in body.get("rejected") or []
        }
        if not words.keys() <= {change.key for change in changes}:
            # Nobody can tell who is meant: the batch is halved until it is plain.
            raise Refused(reply.status, "; ".join(sorted(set(words.values()))))
        return [
            Outcome(rejected=words[change.key]) if change.key in words else DELIVERED
            for change in changes
        ]

    def _headers(self, content: bytes) -> Mapping[str, str]:
        headers = {}
        token, signing_key = (self.setup.secrets.get(name) for name in ("TOKEN", "SIGNING_KEY"))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if signing_key:
            headers["X-Crossbrand-Signature"] = sign(signing_key, content, int(time.time()))
        return headers


def sign(signing_key: str, content: bytes, at: int) -> str:
    """`t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 over the seconds, a point, and the body.

    The seconds are signed too, so that a receiver can refuse what was recorded and is played again.
    """
    digest = hmac.new(signing_key.encode(), f"{at}.".encode() + content, hashlib.sha256)
    return f"t={at},v1={digest.hexdigest()}"
