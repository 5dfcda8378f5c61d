"""What to do where a build ran out of memory or disk: the engine says that, not how to mend it."""

from __future__ import annotations

from collections.abc import Iterable

MEMORY = (
    "The build needs more memory than it may take. Set CROSSBRAND_MEMORY higher or "
    "CROSSBRAND_THREADS lower, and see that the disk has room for what does not fit into "
    "memory. Then run it again."
)
DISK = (
    "The disk is full. A build needs room for a copy of the warehouse beside it, and for what does "
    "not fit into memory. Make room, then run it again."
)
SIGNS = (
    ("No space left on device", DISK),
    ("File too large", DISK),
    ("Disk quota exceeded", DISK),
    ("Out of Memory", MEMORY),
)


def advice(failures: Iterable[str]) -> str | None:
    """What a user can do about these failures of dbt, None where they tell of something else."""
    said = "\n".join(failures)
    return next((mend for sign, mend in SIGNS if sign in said), None)
