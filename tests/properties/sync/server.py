"""A platform on this machine: checks every request by its OpenAPI document, behaves, misbehaves.

What makes a platform different: `_<name>` (what it does with a request, and answers), `reaches` and
`unsubscribe` (whom it would write to, and what a click there does), `find` where its key is another
than the external id, and its credentials in `_judge`.

`Platform("braze")` listens on a free port. It keeps a journal of what it has taken, in memory and,
with `journal`, in a file that survives whoever is killed. `faults` is asked before each request
what to do about it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[3]
SECRET = "k3y-of-the-tests"
CHANNELS = {"email", "sms", "call", "letter", "web_push", "app_push"}
Json = dict[str, Any]
Fault = str | tuple[str, Any] | None
"""What goes wrong with a request: None; a status as text ("500", "429"); "reset", "hang", "lost"
(done, and the answer never comes), "page" (200 and a web page, and nothing done), "drip" (an answer
that never ends), or ("slow", seconds), ("reject", function of an item)."""


def _job(job_id: str, attributes: Json) -> Json:
    data = {"type": "profile-bulk-import-job", "id": job_id, "attributes": attributes}
    return {"data": data}


def _present(document: Json) -> Json:
    return {name: value for name, value in document.items() if value is not None}


class Contract:
    """The paths of an OpenAPI document and what a request to each must look like."""

    def __init__(self, name: str) -> None:
        self.document: Json = yaml.safe_load((ROOT / "contracts" / f"{name}.yaml").read_text())
        self._operations: list[tuple[re.Pattern[str], str, Json, Any]] = []
        for path, item in self.document["paths"].items():
            pattern = re.compile(re.sub(r"\\{\w+\\}", r"([^/]+)", re.escape(path)) + "$")
            for method, operation in item.items():
                if method == "parameters":
                    continue
                body = operation.get("requestBody", {}).get("content", {})
                schema = body.get("application/json", {}).get("schema")
                validator = None
                if schema:
                    whole = {**schema, "components": self.document["components"]}
                    validator = jsonschema.Draft202012Validator(whole)
                self._operations.append((pattern, method.upper(), operation, validator))

    def find(self, method: str, path: str) -> tuple[Json, Any, tuple[str, ...]] | None:
        """The operation, its validator and the parts of the path; None where there is none."""
        for pattern, own, operation, validator in self._operations:
            match = pattern.match(path)
            if match and own == method:
                return operation, validator, match.groups()
        return None


class Platform:
    """A server; a context manager."""

    def __init__(
        self,
        name: str,
        *,
        faults: Callable[[int], Fault] = lambda _number: None,
        journal: Path | None = None,
    ) -> None:
        self.name = name
        self.contract = Contract(name)
        self.faults = faults
        self.violations: list[str] = []
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self.deliveries: list[Json] = []
        """One per item taken: key of the request, operation, item."""

        self.profiles: dict[str, Json] = {}
        """What the platform holds, by external id."""

        self.end_of_suppressions = "complete"
        """How Klaviyo's suppression jobs end."""

        self.times: list[float] = []
        self.busiest = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._jobs: dict[str, Json] = {}
        # No id is given twice, not even that of somebody who was deleted.
        self._ids = itertools.count()
        self._journal = journal.open("a", encoding="utf-8") if journal else None
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                platform.handle(self)

            do_GET = do_PUT = do_PATCH = do_POST  # noqa: N815

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A client that was killed or has lost its patience is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self) -> Platform:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self._journal:
            self._journal.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # --- one request ----------------------------------------------------------------------------

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Check, misbehave or act, and answer."""
        length = int(request.headers.get("Content-Length") or 0)
        content = request.rfile.read(length)
        if len(content) < length:
            # Whoever sent this was killed in the midst of it, and nothing has arrived.
            request.close_connection = True
            return
        with self._lock:
            self.requests += 1
            number = self.requests
            self.times.append(time.monotonic())
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            self._answer(request, content, number)
        finally:
            with self._lock:
                self._busy -= 1

    def _answer(self, request: BaseHTTPRequestHandler, content: bytes, number: int) -> None:
        fault = self.faults(number)
        kind, value = fault if isinstance(fault, tuple) else (fault, None)
        if kind == "slow":
            time.sleep(float(value or 0))
        if kind == "hang":
            time.sleep(1.5)
            request.close_connection = True
            return
        if kind in ("page", "drip"):
            page = b"<html>Please log in.</html>"
            request.send_response(200)
            request.send_header("Content-Type", "text/html")
            request.send_header("Content-Length", str(len(page)))
            request.end_headers()
            for place in range(len(page)):
                time.sleep(0.1 if kind == "drip" else 0)
                request.wfile.write(page[place : place + 1])
            return
        if kind == "reset":
            request.close_connection = True
            request.connection.close()
            return
        if kind and kind.isdigit():
            headers = {"Retry-After": str(value)} if value is not None else {}
            self._send(request, int(kind), {"message": f"a fault of {SECRET}"}, headers)
            return
        status, body = self._judge(request, content, value if kind == "reject" else None)
        if kind == "lost":
            request.close_connection = True
            request.connection.close()
            return
        self._send(request, status, body)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        body: Any,
        headers: dict[str, str] | None = None,
    ) -> None:
        with self._lock:
            self.statuses[status] += 1
        text = json.dumps(body).encode() if status != 204 else b""
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(text)

    def _violate(self, words: str) -> tuple[int, Json]:
        with self._lock:
            self.violations.append(words)
        return 400, {"message": words, "errors": [{"detail": words}]}

    def _judge(
        self, request: BaseHTTPRequestHandler, content: bytes, reject: Any
    ) -> tuple[int, Any]:
        parts = urlsplit(request.path)
        found = self.contract.find(request.command, unquote(parts.path))
        if found is None:
            return self._violate(f"no such path: {request.command} {parts.path}")
        operation, validator, arguments = found
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        for parameter in operation.get("parameters", []):
            given = {"header": request.headers.get(parameter["name"]), "query": query.get(
                parameter["name"]), "path": "given"}[parameter["in"]]  # fmt: skip
            if given is None:
                if parameter.get("required"):
                    return self._violate(f"{parameter['name']} is missing")
                continue
            if parameter["in"] != "path":
                error = jsonschema.Draft202012Validator(parameter["schema"])
                if not error.is_valid(given):
                    return self._violate(f"{parameter['name']} is {given}")
        if self.name not in ("webhook", "salesmanago"):
            scheme = "Klaviyo-API-Key" if self.name == "klaviyo" else "Bearer"
            if request.headers.get("Authorization") != f"{scheme} {SECRET}":
                return 401, {"message": "who are you?"}
        limit = operation.get("x-max-bytes")
        if limit and len(content) > limit:
            return self._violate(f"{len(content)} bytes")
        document = json.loads(content) if content else None
        if validator is not None:
            problem = next(iter(validator.iter_errors(document)), None)
            if problem is not None:
                place = "/".join(str(one) for one in problem.absolute_path)
                return self._violate(f"{place}: {problem.message[:200]}")
        key = request.headers.get("Idempotency-Key")
        with self._lock:
            act = getattr(self, f"_{self.name}")
            answer: tuple[int, Any] = act(
                operation["operationId"], document, arguments, query, key, reject
            )
            return answer

    def _take(self, key: str | None, operation: str, external_id: str, item: Any) -> None:
        row_key = item.get("idempotency_key") if isinstance(item, dict) else None
        entry = {
            "key": key,
            "row": row_key,
            "operation": operation,
            "id": external_id,
            "item": item,
        }
        self.deliveries.append(entry)
        if self._journal:
            self._journal.write(json.dumps(entry) + "\n")
            self._journal.flush()

    # --- the platforms --------------------------------------------------------------------------

    def _webhook(self, _name: str, document: Json, _a: Any, _q: Json, key: str, reject: Any) -> Any:
        rejected = []
        for item in document["changes"]:
            if reject and reject(item):
                words = f"no room for {item['fields'].get('email')}"
                rejected.append({"idempotency_key": item["idempotency_key"], "message": words})
                continue
            self._take(key, item["operation"], item["external_id"], item)
            self._apply(item["operation"], item["external_id"], item)
        return 200, {"rejected": rejected}

    def _apply(self, operation: str, external_id: str, item: Json) -> None:
        """`no` are channels that are closed, whoever said so: nothing opens them but `opened`."""
        held = self.profiles.setdefault(
            external_id, {"audiences": set(), "suppressed": False, "no": set()}
        )
        if operation in ("upsert", "enter", "close"):
            closed = {name for name, may in item["permissions"].items() if not may}
            held["no"] |= closed | set(item.get("held", ()))
            held["no"] -= set(item.get("opened", ()))
        if operation == "close":
            held.setdefault("fields", {}).update(item["fields"])
            held.setdefault("permissions", {}).update(item["permissions"])
        elif operation in ("upsert", "enter"):
            held.update(fields=item["fields"], permissions=item["permissions"], suppressed=False)
            if operation == "enter":
                held["audiences"].add(item["audience"]["name"])
        elif operation == "leave":
            held["audiences"].discard(item["audience"]["name"])
        elif operation == "suppress":
            held["suppressed"] = True
            held["no"] |= CHANNELS
        elif operation == "merge":
            into = self.profiles[item["into_external_id"]]
            into["no"] |= self.profiles.pop(external_id)["no"]
        else:
            self.profiles.pop(external_id)

    # --- what people do at the platform, and whom it would write to ------------------------------

    def find(self, external_id: str) -> Json | None:
        """The profile of a person, whatever it is kept under."""
        if self.name in ("salesmanago", "carecloud"):
            key = "externalId" if self.name == "salesmanago" else "external_id"
            return next(
                (one for one in self.profiles.values() if one.get(key) == external_id), None
            )
        return self.profiles.get(external_id)

    def unsubscribe(self, external_id: str) -> None:
        """Somebody clicks on the link under an e-mail; nobody else hears of it."""
        held = self.find(external_id)
        assert held is not None
        if self.name == "webhook":
            held["no"].add("email")
        elif self.name == "braze":
            held["email_subscribe"] = "unsubscribed"
        elif self.name == "klaviyo":
            held["unsubscribed"] = True
        elif self.name == "salesmanago":
            held["opted_in"] = False
        else:
            held["personal_information"]["agreement"] = {"agreement_marketing_communication": 0}

    def reaches(self, external_id: str) -> set[str]:
        """The channels on which the platform would write to them, of those that it can tell."""
        held = self.find(external_id)
        if held is None:
            return set()
        if self.name == "webhook":
            may = {name for name, one in held.get("permissions", {}).items() if one}
            return set() if held["suppressed"] else may - held["no"]
        if self.name == "braze":
            found = {name for name in ("sms", "call") if held.get(f"may_contact_{name}") is True}
            # A new profile is subscribed unless something else is said.
            if held.get("email") and held.get("email_subscribe") != "unsubscribed":
                found.add("email")
            if held.get("push_subscribe") != "unsubscribed":
                found.add("push")
            return found
        if self.name == "klaviyo":
            properties = held.get("properties", {})
            found = {name for name in CHANNELS if properties.get(f"may_contact_{name}") is True}
            if not held.get("email") or held["suppressed"] or held.get("unsubscribed"):
                found.discard("email")
            return found
        if self.name == "salesmanago":
            found = {"email"} if held.get("opted_in") else set()
            return found | ({"phone"} if held.get("phone_opted_in") else set())
        agreed = (held["personal_information"].get("agreement") or {}).get(
            "agreement_marketing_communication"
        )
        is_there = held.get("state") != 0
        return {"any"} if agreed == 1 and is_there else set()

    def _braze(self, name: str, document: Json, _a: Any, _q: Json, key: str, reject: Any) -> Any:
        errors = []
        if name == "track":
            for index, item in enumerate(document["attributes"]):
                if reject and reject(item):
                    words = f"'email' {item.get('email')} is not valid"
                    errors.append({"type": words, "input_array": "attributes", "index": index})
                    continue
                external_id = item["external_id"]
                if item.get("_update_existing_only") and external_id not in self.profiles:
                    continue
                is_audience = "remove" in (item.get("crossbrand_audiences") or {})
                is_closing = item.get("_update_existing_only") and not is_audience
                # A closing of all channels, or of some; the latter says nothing of the others.
                is_some = is_closing and "push_subscribe" not in item
                kind = "leave" if is_audience else "close" if is_some else "suppress"
                kind = kind if is_closing or is_audience else "upsert"
                self._take(key, kind, external_id, item)
                self.profiles.setdefault(external_id, {}).update(item)
        elif name == "merge":
            for item in document["merge_updates"]:
                old = item["identifier_to_merge"]["external_id"]
                new = item["identifier_to_keep"]["external_id"]
                if new not in self.profiles:
                    return self._violate_locked(f"nobody to keep: {new}")
                self._take(key, "merge", old, item)
                # A new profile is subscribed by default, and the one that stays keeps its states.
                for field, value in self.profiles.pop(old, {}).items():
                    if not field.endswith("_subscribe"):
                        self.profiles[new].setdefault(field, value)
        elif name == "export":
            users = [
                {"external_id": one, "email_subscribe": self.profiles[one].get(
                    "email_subscribe", "subscribed")}
                for one in document["external_ids"] if one in self.profiles
            ]  # fmt: skip
            return 200, {"message": "success", "users": users}
        else:
            for external_id in document["external_ids"]:
                self._take(key, "delete", external_id, {})
                self.profiles.pop(external_id, None)
        return 201, {"message": "success", **({"errors": errors} if errors else {})}

    def _violate_locked(self, words: str) -> tuple[int, Json]:
        self.violations.append(words)
        return 400, {"message": words}

    def _klaviyo(
        self,
        name: str,
        document: Json,
        arguments: tuple[str, ...],
        query: Json,
        key: str,
        reject: Any,
    ) -> Any:
        if name == "importProfiles":
            failed = []
            for profile in document["data"]["attributes"]["profiles"]["data"]:
                item = profile["attributes"]
                if reject and reject(item):
                    detail = f"{item.get('email')} is not a valid e-mail"
                    failed.append({"attributes": {"detail": detail, "original_payload": item}})
                    continue
                self._take(key, "upsert", item["external_id"], item)
                own = self.profiles.setdefault(
                    item["external_id"], {"id": f"K{next(self._ids)}", "suppressed": False}
                )
                # Klaviyo's import does not clear what is null.
                properties = {**own.get("properties", {}), **_present(item.get("properties", {}))}
                own.update({**_present(item), "properties": properties})
            job_id = f"J{len(self._jobs)}"
            self._jobs[job_id] = {"failed": failed, "asked": 0}
            data = {
                "type": "profile-bulk-import-job",
                "id": job_id,
                "attributes": {"status": "queued"},
            }
            return 202, {"data": data}
        if name == "readSuppression":
            done = {"status": self.end_of_suppressions, "skipped_count": 0}
            return 200, {"data": {"type": "job", "id": arguments[0], "attributes": done}}
        if name == "readImport":
            job = self._jobs[arguments[0]]
            job["asked"] += 1
            status = "complete" if job["asked"] > 1 else "processing"
            attributes = {"status": status, "failed_count": len(job["failed"])}
            return 200, {
                "data": {
                    "type": "profile-bulk-import-job",
                    "id": arguments[0],
                    "attributes": attributes,
                }
            }
        if name == "readImportErrors":
            return 200, {"data": self._jobs[arguments[0]]["failed"], "links": {}}
        if name == "findProfiles":
            wanted = json.loads(query["filter"].removeprefix("any(external_id,")[:-1])
            listed = [
                {"type": "profile", "id": self.profiles[one]["id"], "attributes": {
                    name: value for name, value in self.profiles[one].items()
                    if name not in ("id", "suppressed", "unsubscribed")}}
                for one in wanted if one in self.profiles
            ]  # fmt: skip
            if "additional-fields[profile]" in query:
                for one in listed:
                    held = self.profiles[one["attributes"]["external_id"]]
                    consent = "UNSUBSCRIBED" if held.get("unsubscribed") else "NEVER_SUBSCRIBED"
                    reasons = [{"reason": "USER_SUPPRESSED"}] if held["suppressed"] else []
                    marketing = {"consent": consent, "suppression": reasons}
                    one["attributes"]["subscriptions"] = {"email": {"marketing": marketing}}
            return 200, {"data": listed}
        attributes = document["data"].get("attributes", {})
        if name == "updateProfile":
            ids = {held["id"]: one for one, held in self.profiles.items()}
            held = self.profiles[ids[arguments[0]]]
            for field, value in attributes.items():
                if isinstance(value, dict):
                    held[field] = {**held.get(field, {}), **value}
                else:
                    held[field] = value
            patch = document["data"].get("meta", {}).get("patch_properties", {})
            for field in patch.get("unset", ()):
                held["properties"].pop(field, None)
            return 200, {"data": {"type": "profile", "id": arguments[0]}}
        if name in ("suppress", "unsuppress"):
            emails = {one["attributes"]["email"] for one in attributes["profiles"]["data"]}
            for external_id, held in self.profiles.items():
                if held.get("email") in emails:
                    held["suppressed"] = name == "suppress"
                    self._take(key, name, external_id, {})
        elif name == "merge":
            ids = {held["id"]: one for one, held in self.profiles.items()}
            old = ids[document["data"]["relationships"]["profiles"]["data"][0]["id"]]
            self._take(key, "merge", old, {})
            self.profiles.pop(old)
        else:
            ids = {held["id"]: one for one, held in self.profiles.items()}
            gone = ids[attributes["profile"]["data"]["id"]]
            self._take(key, "delete", gone, {})
            self.profiles.pop(gone)
        return 202, {"data": {"type": "job", "id": "1"}}

    def _salesmanago(
        self, name: str, document: Json, _a: Any, _q: Json, key: str, reject: Any
    ) -> Any:

        text = document["apiKey"] + document["clientId"] + SECRET
        if document["sha"] != hashlib.sha1(text.encode()).hexdigest():
            return 401, {"success": False, "message": ["sha"]}
        by_id = {held["id"]: one for one, held in self.profiles.items()}
        if name == "batchUpsert":
            ids = {}
            for item in document["upsertDetails"]:
                email = item["contact"]["email"]
                if reject and reject(item["contact"]):
                    continue
                self._take(key, "upsert", item["contact"]["externalId"], item)
                held = self.profiles.setdefault(email, {"id": f"S{next(self._ids)}", "tags": set()})
                held.update(item["contact"])
                self._switch(held, item)
                held["tags"] |= set(item.get("tags", ()))
                held.setdefault("properties", {}).update(item.get("properties", {}))
                ids[email] = held["id"]
            return 200, {"success": True, "message": ["some were not taken"], "contactIds": ids}
        if name == "update":
            held = self.profiles[by_id[document["contactId"]]]
            is_all = document.get("forceOptOut") and document.get("forcePhoneOptOut")
            kind = "leave" if document.get("removeTags") else "suppress" if is_all else "close"
            self._take(key, kind, held["externalId"], document)
            held["tags"] -= set(document.get("removeTags", ()))
            held.setdefault("properties", {}).update(document.get("properties", {}))
            self._switch(held, document)
            return 200, {"success": True}
        if name in ("list", "listById"):
            emails = document.get("email") or [by_id.get(one) for one in document["contactId"]]
            listed = [
                {"email": one, "id": self.profiles[one]["id"],
                 "optedOut": self.profiles[one].get("opted_in") is False,
                 "optedOutPhone": self.profiles[one].get("phone_opted_in") is False}
                for one in emails if one in self.profiles
            ]  # fmt: skip
            return 200, {"success": True, "contacts": listed}
        for one in document["contacts"]:
            email = by_id.get(one["value"])
            if email:
                self._take(key, "delete", self.profiles.pop(email)["externalId"], {})
        return 200, {"success": True}

    @staticmethod
    def _switch(held: Json, item: Json) -> None:
        for name, field in (("", "opted_in"), ("Phone", "phone_opted_in")):
            if item.get(f"force{name}OptIn") or item.get(f"force{name}OptOut"):
                held[field] = bool(item.get(f"force{name}OptIn"))

    def _carecloud(
        self,
        name: str,
        document: Json,
        arguments: tuple[str, ...],
        query: Json,
        key: str,
        reject: Any,
    ) -> Any:
        if name == "findBySource":
            found = self._jobs.get(query["external_id"])
            records = [{"customer_id": found["id"]}] if found else []
            return 200, {"data": {"customer_source_records": records, "total_items": len(records)}}
        if name == "createCustomer":
            external_id = document["customer_source"]["external_id"]
            information = document["customer"]["personal_information"]
            if reject and reject(information):
                return 400, {"error": {"message": f"{information.get('email')} is not valid"}}
            self._take(key, "upsert", external_id, document["customer"])
            remote_id = f"C{next(self._ids)}"
            self._jobs[external_id] = {"id": remote_id}
            # The platform, and others, write fields of their own.
            information = {**information, "store_id": "S1", "salutation": "Vážená"}
            self.profiles[remote_id] = {
                "external_id": external_id,
                "personal_information": information,
            }
            return 201, {"data": {"customer_id": remote_id}}
        held = self.profiles.get(arguments[0])
        if held is None:
            return 404, {"error": {"message": "no such customer"}}
        if name == "readCustomer":
            return 200, {"data": {"customer_id": arguments[0], "last_change": "2026-01-01", **{
                one: value for one, value in held.items() if one != "external_id"}}}  # fmt: skip
        information = document["customer"]["personal_information"]
        if reject and reject(information):
            return 400, {"error": {"message": f"{information.get('email')} is not valid"}}
        closed = information.get("agreement", {}).get("agreement_marketing_communication") == 0
        kind = (
            "delete"
            if document["customer"].get("state") == 0
            else "suppress"
            if closed
            else "upsert"
        )
        self._take(key, kind, held["external_id"], document["customer"])
        self.profiles[arguments[0]] = {"external_id": held["external_id"], **document["customer"]}
        return 204, None
