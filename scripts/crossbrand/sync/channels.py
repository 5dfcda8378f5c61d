"""The channels that a person may be reached by, and whether they are open, as bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FLAGS = ("email", "sms", "call", "letter", "web_push", "app_push")
"""The channels that sync_profiles has a permission for."""

REACHED_AS: Mapping[str, str] = {"vms": "call"}
"""A channel without a permission of its own has that of the one it is reached by."""

BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(FLAGS)}
EVERY_CHANNEL = sum(BITS.values())
PROFILED = 1 << len(FLAGS)
"""The bit beside those of the channels: fields for profiling have been told."""


def open_flags(bits: int) -> dict[str, bool]:
    """Permissions by channel out of their bits."""
    return {name: bool(bits & bit) for name, bit in BITS.items()}


def names_of(bits: int) -> frozenset[str]:
    """The channels whose bits are set."""
    return frozenset(name for name, bit in BITS.items() if bits & bit)


def bits_of(names: Iterable[str]) -> int:
    """The bits of these channels."""
    return sum(BITS[name] for name in set(names))
