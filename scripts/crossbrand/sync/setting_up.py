"""Making a destination ready: its settings, secrets and client, and whose people it may hold."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from typing import Any

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.sync.destinations.base import Contract, Destination, Setup
from crossbrand.sync.mapping import DestinationMapping, suggest
from crossbrand.sync.places import Places

HTTP_SETTINGS: Mapping[str, float | int | None] = {
    "timeout_seconds": 30.0,
    "attempts": 5,
    "retry_seconds": 1.0,
    "longest_wait_seconds": 120.0,
    "concurrency": None,
    "requests_per_second": None,
}
"""What a mapping may set for any destination that is reached by HTTP; null is the contract's."""


def controllers(mapping: DestinationMapping, places: Places) -> dict[str, str]:
    """The controller of each brand; raises CrossbrandError for a brand that there is not."""
    with (places.project / "seeds" / "brands.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row["brand_id"]: row["controller_id"] for row in csv.DictReader(file)}
    for brand in mapping.brands:
        if brand not in known:
            raise CrossbrandError(
                f"{mapping.path}: there is no brand {brand!r}.{suggest(brand, known)}"
            )
    return known


def check_controllers(
    mapping: DestinationMapping,
    contract: Contract,
    connection: duckdb.DuckDBPyConnection,
    controllers: Mapping[str, str],
) -> None:
    """Where the e-mail is the key, one controller's consent would count for another's messages."""
    if not contract.is_by_email or mapping.mix_controllers:
        return
    rows = connection.execute(
        "select brand_id from published.sync_profiles union "
        "select brand_id from published.contactability"
    ).fetchall()
    brands = {str(row[0]) for row in rows}
    brands &= set(mapping.brands) or brands
    by_controller: dict[str, list[str]] = {}
    for brand in sorted(brands):
        by_controller.setdefault(controllers.get(brand, brand), []).append(brand)
    if len(by_controller) > 1:
        parts = " and ".join(
            f"`brands: [{', '.join(own)}]` ({controller})"
            for controller, own in sorted(by_controller.items())
        )
        raise CrossbrandError(
            f"{mapping.path} sends brands of {len(by_controller)} controllers "
            f"({', '.join(sorted(by_controller))}) into one account of {mapping.kind}, where "
            "profiles with one e-mail share what may be sent to it. Nothing was sent. "
            f"Write a mapping for each controller, with {parts}; or say `mix_controllers: true` if "
            "one account is right."
        )


def set_up(
    kind: type[Destination], mapping: DestinationMapping, places: Places, stream: str
) -> Destination:
    """Read settings and secrets and make the client.

    Raises CrossbrandError that names the setting, or the variable of a secret that is missing.
    """
    contract = kind.contract
    defaults = {**contract.settings, **(HTTP_SETTINGS if contract.is_http else {})}
    unknown = set(mapping.settings) - set(defaults)
    if unknown:
        raise CrossbrandError(
            f"{mapping.path}: {mapping.kind} has no setting {min(unknown)!r}."
            f"{suggest(min(unknown), defaults)}"
        )
    settings = {**defaults, **mapping.settings}
    prefix = f"CROSSBRAND_{mapping.name.upper().replace('-', '_')}_"
    secrets = {}
    missing = []
    for name in (*contract.secrets, *contract.optional_secrets):
        value = os.environ.get(prefix + name, "")
        if value:
            secrets[name] = value
        elif name in contract.secrets:
            missing.append(prefix + name)
    if missing:
        raise CrossbrandError(
            f"{mapping.name} needs {' and '.join(missing)} in the environment. Secrets are read "
            "from there only."
        )
    transport = None
    if contract.is_http:
        url = os.environ.get(f"{prefix}URL") or mapping.url or contract.url
        if not url:
            raise CrossbrandError(
                f"{mapping.name} needs its address: `url:` in {mapping.path} or {prefix}URL."
            )
        transport = _transport(contract, url, settings, secrets, prefix)
    return kind(Setup(mapping, secrets, settings, places.exports, stream, transport))


def _transport(
    contract: Contract,
    url: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    prefix: str,
) -> Any:
    from crossbrand.sync.http import Pace, Transport

    try:
        own = settings["requests_per_second"]
        allowed = contract.requests_per_second
        pace = Pace(
            timeout=float(settings["timeout_seconds"]),
            attempts=max(1, int(settings["attempts"])),
            retry=float(settings["retry_seconds"]),
            longest_wait=float(settings["longest_wait_seconds"]),
            requests_per_second=float(own) if own is not None else allowed,
        )
    except (TypeError, ValueError) as error:
        raise CrossbrandError(
            f"A setting of {contract.name} that must be a number is none: {error}."
        ) from error
    variables = [prefix + name for name in (*contract.secrets, *contract.optional_secrets)]
    return Transport(url, pace, secrets=secrets, variables=variables)
