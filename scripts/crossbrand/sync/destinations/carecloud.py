"""CareCloud: its REST interface, one customer a request.

By its public documentation: PUT /customers/{id} replaces the whole record, so it is read first and
what others wrote into it is kept; a customer of another system is found through its source record,
by customer_source_id and external_id. There is no deletion: state 0 means deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossbrand.sync.answers import Refused
from crossbrand.sync.channels import FLAGS
from crossbrand.sync.destinations.base import (
    DELIVERED,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)

NOT_FOUND = 404
DELETED = 0
NOT_SET = 2
AGREEMENT = "agreement_marketing_communication"
PERSONAL = ("first_name", "last_name", "birthdate", "email", "phone", "address", "photo_url")
Json = dict[str, Any]


class CareCloud(Destination):
    """One project. It has no audiences of ours, so `--audience` is refused."""

    contract = Contract(
        name="carecloud",
        summary="CareCloud, REST: reads a customer, then replaces it",
        batch={
            Operation.upsert: 1,
            Operation.close: 1,
            Operation.suppress: 1,
            Operation.delete: 1,
            Operation.erase: 1,
            Operation.merge: 1,
        },
        secrets=("TOKEN",),
        concurrency=4,
        requests_per_second=20.0,
        settings={"customer_source_id": "crossbrand", "language_id": "en"},
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """One change at a time, since the interface takes one."""
        (change,) = changes
        remote_id = change.remote_id or self._find(change.external_id)
        current = self._read(remote_id) if remote_id else None
        if operation is Operation.upsert:
            return [self._upsert(change, remote_id, current, key)]
        if operation is Operation.merge and current is not None:
            self._carry_over(change, current, key)
        spared = (Operation.merge, Operation.delete)
        if remote_id is None or current is None or (change.is_shared and operation in spared):
            return [DELIVERED]
        if operation is Operation.close:
            # One agreement stands for all channels, so it stays while one of them is open.
            document = without_nothing(merged(current, change.payload))
        elif operation is Operation.suppress:
            document = merged(current, {"personal_information": {"agreement": _closed()}})
        elif operation is Operation.erase:
            # Who shares the record, and stays, is told of anew.
            document = merged(current, {} if change.is_shared else {"state": DELETED})
            document["personal_information"] = {
                name: value
                for name, value in document.get("personal_information", {}).items()
                if name not in PERSONAL
            } | {"agreement": _closed()}
        else:
            document = merged(
                current, {"state": DELETED, "personal_information": {"agreement": _closed()}}
            )
        self._put(remote_id, document, key)
        return [DELIVERED]

    def _carry_over(self, change: Change, old: Json, key: str) -> None:
        """A no that the old record holds and that we never told: the person has said it there."""
        is_ours = all(one in change.held for one in FLAGS)
        if _agreement(old) != 0 or is_ours:
            return
        into_id = change.into_remote_id or self._find(change.into_external_id)
        into = self._read(into_id) if into_id else None
        if into_id is not None and into is not None and into_id != change.remote_id:
            told = {"personal_information": {"agreement": {AGREEMENT: 0}}}
            self._put(into_id, merged(into, told), key)

    def _upsert(
        self, change: Change, remote_id: str | None, current: Json | None, key: str
    ) -> Outcome:
        told: Json = dict(change.payload)
        is_closed = change.is_closed(*change.permissions)
        is_silent = _agreement(current or {}) in (None, NOT_SET)
        # What a record says already, of somebody who is new to us as well, is the platform's own.
        if is_silent or is_closed or change.opened:
            agreement = {AGREEMENT: int(not is_closed)}
            told = merged(told, {"personal_information": {"agreement": agreement}})
        if remote_id is not None and current is not None:
            self._put(remote_id, without_nothing(merged(current, told)), key)
            return Outcome(remote_id=remote_id)
        told = without_nothing(told)
        told["personal_information"].setdefault("language_id", self.setup.settings["language_id"])
        source = {
            "customer_source_id": self.setup.settings["customer_source_id"],
            "external_id": change.external_id,
        }
        document = {"customer": told, "customer_source": source}
        reply = self.http.request(
            "POST", "customers", document=document, headers=self._headers(), key=key
        )
        return Outcome(remote_id=str(reply.body["data"]["customer_id"]))

    def _find(self, external_id: str) -> str | None:
        reply = self.http.request(
            "GET",
            "customer-source-records",
            params={
                "customer_source_id": str(self.setup.settings["customer_source_id"]),
                "external_id": external_id,
            },
            headers=self._headers(),
        )
        records = (reply.body.get("data") or {}).get("customer_source_records") or []
        return str(records[0]["customer_id"]) if records else None

    def _read(self, remote_id: str) -> Json | None:
        try:
            reply = self.http.request("GET", f"customers/{remote_id}", headers=self._headers())
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise
        return dict(reply.body["data"])

    def _put(self, remote_id: str, document: Json, key: str) -> None:
        kept = {
            name: document[name] for name in ("personal_information", "state") if name in document
        }
        # A record must name its language, and one that others made may not.
        information = dict(kept.get("personal_information") or {})
        information.setdefault("language_id", self.setup.settings["language_id"])
        kept["personal_information"] = information
        self.http.request(
            "PUT",
            f"customers/{remote_id}",
            document={"customer": kept},
            headers=self._headers(),
            key=key,
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.setup.secrets['TOKEN']}"}


def _agreement(record: Mapping[str, Any]) -> Any:
    """What a record says of marketing: 1 yes, 0 no, 2 or nothing where nobody has been asked."""
    information = record.get("personal_information") or {}
    return (information.get("agreement") or {}).get(AGREEMENT)


def _closed() -> Json:
    return {AGREEMENT: 0, "agreement_profiling": 0}


def merged(current: Mapping[str, Any], told: Mapping[str, Any]) -> Json:
    """`current` with what is told laid over it, object by object: foreign fields stay."""
    document = dict(current)
    for name, value in told.items():
        own = document.get(name)
        if isinstance(own, Mapping) and isinstance(value, Mapping):
            document[name] = merged(own, value)
        elif isinstance(value, Mapping):
            document[name] = dict(value)
        else:
            document[name] = value
    return document


def without_nothing(document: Mapping[str, Any]) -> Json:
    """Without what is null: in a record that is replaced, a field that is left out is emptied."""
    return {
        name: without_nothing(value) if isinstance(value, Mapping) else value
        for name, value in document.items()
        if value is not None
    }
