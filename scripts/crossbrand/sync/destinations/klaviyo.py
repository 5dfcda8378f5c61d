"""Klaviyo: profile bulk import jobs, suppression jobs, merges and deletion jobs.

By its public documentation: 10,000 profiles and 5 MB in an import job, 10 requests a second and 150
a minute to it; a job is accepted at once and its errors are asked for when it has ended;
suppression jobs take up to 100 e-mails. Merges and deletions go by Klaviyo's own id, which is
looked up by external id.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from crossbrand.sync.answers import Refused, Unavailable
from crossbrand.sync.channels import FLAGS
from crossbrand.sync.destinations.base import (
    DELIVERED,
    Change,
    Contract,
    Destination,
    Operation,
    Outcome,
)

REVISION = "2024-10-15"
IMPORT = "profile-bulk-import-job"
IDENTIFIERS = ("email", "phone_number")
REACHING = ("email", "sms", "call")
ENDED = frozenset({"complete", "cancelled"})
Json = dict[str, Any]
THEIR_WORDS = frozenset({"UNSUBSCRIBE", "SPAM_COMPLAINT"})
"""Reasons of a suppression there that are a person's own."""


class Klaviyo(Destination):
    """One account. The external id is `brand:customer`."""

    contract = Contract(
        name="klaviyo",
        summary="Klaviyo, profile bulk import jobs",
        batch={
            Operation.upsert: 10_000,
            Operation.enter: 10_000,
            Operation.leave: 10_000,
            Operation.close: 50,
            Operation.suppress: 50,
            Operation.delete: 50,
            Operation.erase: 50,
            Operation.merge: 25,
        },
        needs=("email", "phone"),
        is_by_email=True,
        secrets=("API_KEY",),
        url="https://a.klaviyo.com",
        max_bytes=5_000_000,
        concurrency=2,
        requests_per_second=2.5,
        settings={"poll_seconds": 2.0, "job_seconds": 900.0},
    )

    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Imports are jobs; everything else goes by ids that Klaviyo gave."""
        if operation in (Operation.upsert, Operation.enter):
            return self._tell(changes, key)
        if operation is Operation.leave:
            found = self._find(change.external_id for change in changes)
            return self._import_known(changes, found, lambda one: _membership(one, False), key)
        found = self._find(
            (one for change in changes for one in (change.external_id, *_into(change))),
            with_subscriptions=operation is Operation.merge,
        )
        if operation is Operation.suppress:
            self._suppress(changes, found, key)
            # A suppression is about the e-mail alone: the other channels are told of as well.
            closed = {f"may_contact_{name}": False for name in FLAGS}
            outcomes = self._import_known(changes, found, lambda _change: closed, key)
            # And the address goes: another profile with the same e-mail may be opened again.
            nothing = dict.fromkeys(IDENTIFIERS)
            return self._clear([replace(one, payload=nothing) for one in changes], outcomes, found)
        if operation is Operation.close:
            self._suppress([one for one in changes if one.is_closed("email")], found, key)
            outcomes = self._import_known(changes, found, _permitted, key)
            return self._clear(changes, outcomes, found)
        if operation is Operation.merge:
            # The e-mail keeps its subscription, and the profile that stays may have another e-mail.
            self._suppress_emails(
                (
                    found.get(one.into_external_id, {}).get("attributes", {}).get("email")
                    for one in changes
                    if "email" not in one.held and _has_left(found.get(one.external_id, {}))
                ),
                key,
            )
            return [self._each(partial(self._merge, one, found)) for one in changes]
        return [self._each(partial(self._delete, one, found)) for one in changes]

    def _tell(self, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Import, and what an import does not do: suppress, unsuppress, and empty fields.

        Who is new here and may be told everything has nothing to be emptied that is ours to know.
        """
        looked_at = [
            one
            for one in changes
            if not (one.is_new and one.is_profiled and all(map(one.permissions.get, REACHING)))
        ]
        found = self._find(one.external_id for one in looked_at)
        closed = [one for one in changes if one.is_closed("email")]
        self._suppress(closed, found, key)
        outcomes = self._import([self._profile(change) for change in changes], key)
        opened = [one for one in changes if "email" in one.opened and one.payload.get("email")]
        for part in _parts(opened, 100):
            self._suppression("delete", [str(one.payload["email"]) for one in part], key)
        return self._clear(changes, outcomes, found)

    def _clear(
        self, changes: Sequence[Change], outcomes: Sequence[Outcome], found: dict[str, Json]
    ) -> list[Outcome]:
        """Empty what Klaviyo holds and we have not: an import passes over null."""
        cleared = []
        for change, outcome in zip(changes, outcomes, strict=True):
            known = found.get(change.external_id)
            if known is not None and outcome.rejected is None:
                emptied = _emptied(change.payload, known["attributes"])
                if emptied:
                    outcome = self._each(partial(self._patch, change, known["id"], emptied))
            cleared.append(outcome)
        return cleared

    def _patch(self, change: Change, profile_id: str, emptied: Json) -> None:
        attributes = {name: value for name, value in emptied.items() if name != "properties"}
        data: Json = {"type": "profile", "id": profile_id, "attributes": attributes}
        if emptied.get("properties"):
            data["meta"] = {"patch_properties": {"unset": sorted(emptied["properties"])}}
        self.http.request(
            "PATCH",
            f"/api/profiles/{profile_id}",
            document={"data": data},
            headers=self._headers(),
            key=change.key,
        )

    def _profile(self, change: Change) -> Json:
        attributes = dict(change.payload)
        for name in IDENTIFIERS:
            if attributes.get(name) is None:
                attributes.pop(name, None)
        properties = dict(attributes.pop("properties", {}))
        properties |= _permitted(change)
        if change.audience:
            properties |= _membership(change, True)
        return _profile(change.external_id, **attributes, properties=properties)

    def _import_known(
        self,
        changes: Sequence[Change],
        found: dict[str, Json],
        properties: Callable[[Change], Json],
        key: str,
    ) -> list[Outcome]:
        """Write properties of profiles that are there; the others are not made."""
        known = [change for change in changes if change.external_id in found]
        if not known:
            return [DELIVERED] * len(changes)
        profiles = [_profile(one.external_id, properties=properties(one)) for one in known]
        outcomes = self._import(profiles, key)
        by_key = dict(zip((one.key for one in known), outcomes, strict=True))
        return [by_key.get(change.key, DELIVERED) for change in changes]

    def _import(self, profiles: list[Json], key: str) -> list[Outcome]:
        """Start a job, wait for its end, and read its errors."""
        given = {"profiles": {"data": profiles}}
        job = self._post(f"/api/{IMPORT}s", IMPORT, given, key)
        job_id, state = self._ended(IMPORT, job)
        outcomes = [DELIVERED] * len(profiles)
        if not state.get("failed_count"):
            return outcomes
        places = {one["attributes"]["external_id"]: at for at, one in enumerate(profiles)}
        blamed = set()
        for attributes in self._errors(job_id):
            original = attributes.get("original_payload") or {}
            original = original.get("attributes") or original
            at = places.get(original.get("external_id"))
            if at is not None:
                blamed.add(at)
                outcomes[at] = Outcome(rejected=str(attributes.get("detail") or attributes))
        if len(blamed) < int(state["failed_count"]):
            # Somebody failed and Klaviyo does not say who: the batch is halved until it is plain.
            raise Refused(200, f"{state['failed_count']} of the job's profiles failed")
        return outcomes

    def _ended(self, kind: str, job: Json) -> tuple[str, Json]:
        """Wait for the end of a job, which is accepted long before it is done: its id and state."""
        job_id = str(job["data"]["id"])
        ends_at = time.monotonic() + float(self.setup.settings["job_seconds"])
        state: Json = job["data"].get("attributes") or {}
        while state.get("status") not in ENDED:
            if time.monotonic() > ends_at or self.http.stopped.is_set():
                raise Unavailable(f"the job {job_id} ({kind}) has not ended")
            self.http.stopped.wait(float(self.setup.settings["poll_seconds"]))
            state = self._get(f"/api/{kind}s/{job_id}")["data"]["attributes"]
        if state["status"] == "cancelled":
            raise Unavailable(f"the job {job_id} ({kind}) was cancelled")
        return job_id, state

    def _errors(self, job_id: str) -> Iterator[Json]:
        path: str | None = f"/api/{IMPORT}s/{job_id}/import-errors"
        while path:
            page = self._get(path)
            for one in page.get("data") or []:
                yield one.get("attributes") or {}
            path = (page.get("links") or {}).get("next")

    def _suppress(self, changes: Sequence[Change], found: dict[str, Json], key: str) -> None:
        # Known by what Klaviyo holds, or by what is told although it is held closed.
        emails = (
            email
            for change in changes
            for email in (
                found.get(change.external_id, {}).get("attributes", {}).get("email"),
                change.payload.get("email"),
            )
        )
        self._suppress_emails(emails, key)

    def _suppress_emails(self, emails: Iterable[Any], key: str) -> None:
        for part in _parts(sorted({str(email) for email in emails if email}), 100):
            self._suppression("create", part, key)

    def _suppression(self, verb: str, emails: Sequence[str], key: str) -> None:
        kind = f"profile-suppression-bulk-{verb}-job"
        data = [{"type": "profile", "attributes": {"email": email}} for email in emails]
        job = self._post(f"/api/{kind}s", kind, {"profiles": {"data": data}}, key)
        if verb == "create":
            # A no has been taken when it holds there; a yes may come late.
            self._ended(kind, job)

    def _merge(self, change: Change, found: dict[str, Json]) -> None:
        old, new = found.get(change.external_id), found.get(change.into_external_id)
        if old is None or (new is not None and old["id"] == new["id"]):
            return
        if new is None:
            raise Refused(404, "the profile to merge into is not there")
        source = {"type": "profile", "id": old["id"]}
        document = {
            "data": {
                "type": "profile-merge",
                "id": new["id"],
                "relationships": {"profiles": {"data": [source]}},
            }
        }
        self.http.request(
            "POST", "/api/profile-merge", document=document, headers=self._headers(), key=change.key
        )

    def _delete(self, change: Change, found: dict[str, Json]) -> None:
        known = found.get(change.external_id)
        if known is not None:
            kind = "data-privacy-deletion-job"
            profile = {"data": {"type": "profile", "id": known["id"]}}
            self._post(f"/api/{kind}s", kind, {"profile": profile}, change.key)

    def _each(self, act: Callable[[], None]) -> Outcome:
        try:
            act()
        except Refused as refused:
            return Outcome(rejected=refused.words)
        return DELIVERED

    def _find(
        self, external_ids: Iterable[str], *, with_subscriptions: bool = False
    ) -> dict[str, Json]:
        """Klaviyo's profiles by external id; who is not there is not in it."""
        wanted = {"additional-fields[profile]": "subscriptions"} if with_subscriptions else {}
        found: dict[str, Json] = {}
        for part in _parts(sorted(set(external_ids)), 50):
            listed = ",".join(json.dumps(one) for one in part)
            page = self._get(
                "/api/profiles",
                {"filter": f"any(external_id,[{listed}])", "page[size]": "100", **wanted},
            )
            for one in page.get("data") or []:
                found[str(one["attributes"].get("external_id"))] = one
        return found

    def _post(self, path: str, kind: str, attributes: Json, key: str) -> Json:
        document = {"data": {"type": kind, "attributes": attributes}}
        reply = self.http.request("POST", path, document=document, headers=self._headers(), key=key)
        return reply.body if isinstance(reply.body, dict) else {}

    def _get(self, path: str, params: dict[str, str] | None = None) -> Json:
        reply = self.http.request("GET", path, params=params, headers=self._headers())
        return reply.body if isinstance(reply.body, dict) else {}

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Klaviyo-API-Key {self.setup.secrets['API_KEY']}",
            "revision": REVISION,
            "Accept": "application/json",
        }


def _profile(external_id: str, **attributes: Any) -> Json:
    return {"type": "profile", "attributes": {"external_id": external_id, **attributes}}


def _permitted(change: Change) -> Json:
    return {f"may_contact_{name}": may for name, may in change.permissions.items()}


def _emptied(told: Mapping[str, Any], held: Mapping[str, Any]) -> Json:
    """What is told as nothing and held as something, object by object."""
    emptied: Json = {}
    for name, value in told.items():
        own = held.get(name)
        if isinstance(value, Mapping):
            inner = _emptied(value, own) if isinstance(own, Mapping) else {}
            if inner:
                emptied[name] = inner
        elif value is None and own is not None:
            emptied[name] = None
    return emptied


def _has_left(profile: Json) -> bool:
    """Whether somebody has unsubscribed there, or is suppressed for another reason than our word.

    Ours is one by a user of the account; a bounce is no word of theirs.
    """
    if not profile:
        return False
    marketing = profile["attributes"]["subscriptions"]["email"]["marketing"]
    reasons = {str(one.get("reason")) for one in marketing.get("suppression") or []}
    return marketing["consent"] == "UNSUBSCRIBED" or bool(reasons & THEIR_WORDS)


def _membership(change: Change, is_member: bool) -> Json:
    return {f"audience_{change.audience.name}": is_member} if change.audience else {}


def _into(change: Change) -> tuple[str, ...]:
    return (change.into_external_id,) if change.into_customer_id else ()


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
