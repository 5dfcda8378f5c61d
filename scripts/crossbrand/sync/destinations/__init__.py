"""The destinations by the name that a mapping's `destination:` gives. A new one is added here."""

from __future__ import annotations

import importlib

from crossbrand.errors import CrossbrandError
from crossbrand.sync.destinations.base import Destination

KINDS: dict[str, str] = {
    "file": "file:FileDestination",
    "webhook": "webhook:Webhook",
    "braze": "braze:Braze",
    "klaviyo": "klaviyo:Klaviyo",
    "salesmanago": "salesmanago:Salesmanago",
    "carecloud": "carecloud:CareCloud",
}


def find_kind(kind: str) -> type[Destination]:
    """The class behind a kind of destination; raises CrossbrandError for an unknown one."""
    if kind not in KINDS:
        raise CrossbrandError(
            f"There is no kind of destination called {kind!r}; there are {', '.join(KINDS)}. "
            "docs/destinations.md says how to add one."
        )
    module, name = KINDS[kind].split(":")
    found: type[Destination] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return found
