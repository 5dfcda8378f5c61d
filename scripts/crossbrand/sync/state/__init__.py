"""What the destinations have been told: the file, what it holds, and how a person leaves it."""

from crossbrand.sync.state.forgetting import DeletionStatus, deletion_status, forget
from crossbrand.sync.state.permissions import Closing, Told, judge
from crossbrand.sync.state.schema import (
    CLOSINGS,
    DOUBT,
    GIVEN_UP,
    INSTRUCTIONS,
    PENDING,
    PROFILES,
    REJECTED,
    SUPPRESSED,
    Draft,
    Entry,
)
from crossbrand.sync.state.store import Opening, State, only_one

__all__ = [
    "CLOSINGS",
    "DOUBT",
    "GIVEN_UP",
    "INSTRUCTIONS",
    "PENDING",
    "PROFILES",
    "REJECTED",
    "SUPPRESSED",
    "Closing",
    "DeletionStatus",
    "Draft",
    "Entry",
    "Opening",
    "State",
    "Told",
    "deletion_status",
    "forget",
    "judge",
    "only_one",
]
