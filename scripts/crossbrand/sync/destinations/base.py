"""What a destination is made of: a declared contract, changes, and what became of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from crossbrand.sync.mapping import DestinationMapping

if TYPE_CHECKING:
    # What needs no HTTP must also run without its libraries.
    from crossbrand.sync.http import Transport


class Operation(StrEnum):
    """What happens to a person at the destination."""

    upsert = "upsert"
    enter = "enter"
    """As upsert, and the person belongs to the audience from now on."""
    leave = "leave"
    """The person belongs to the audience no longer; nothing else changes."""
    close = "close"
    """Some channels are open no longer, or nothing of a profile may be kept; carries no value."""
    suppress = "suppress"
    """Nobody may write to them any more; carries no personal data."""
    delete = "delete"
    """They are no longer among those who are mirrored."""
    merge = "merge"
    """Two customers turned out to be one: the old profile goes into the new one."""
    erase = "erase"
    """The person asked for erasure, which has been done here."""


TELLING = frozenset({Operation.upsert, Operation.enter})
"""The operations that carry fields of a person."""

ORDER: Mapping[Operation, int] = {
    Operation.merge: 1,
    Operation.erase: 1,
    Operation.close: 2,
    Operation.suppress: 2,
    Operation.delete: 2,
    Operation.leave: 2,
    Operation.upsert: 3,
    Operation.enter: 3,
}
"""Phases of a run: each ends before the next begins. What a merge needs goes in phase 0."""


@dataclass(frozen=True)
class Membership:
    """An audience that a change is about. Hour and weekday (1 is Monday) are UTC."""

    name: str
    entered_at: str | None = None
    channel: str | None = None
    send_at_hour: int | None = None
    send_at_weekday: int | None = None


@dataclass(frozen=True)
class Change:
    """One change to deliver.

    `key` is its idempotency key: the same change is never sent under another. `permissions` are
    what consent permits. A no is told every time. What the platform itself says of a channel that
    is permitted is left alone, but for two sets: `opened`, to be opened there by force, since the
    grant is newer than the last word that we know of, and `held`, to be told no again, since our
    last word was no and no grant is newer. Of a `merge`, `held` are the channels on which our last
    word on the old profile was no: any other no that it holds is the platform's own, and has to be
    carried over, since the person has said it. A `close` has only the permissions that it takes
    away, and its payload the fields to be emptied. `is_new` says that the destination has not taken
    a word on this person yet: it may know them from elsewhere, with an unsubscription of theirs.
    `is_profiled` says that fields for profiling may be told. `grants` are the times of the grants
    by channel, for the state. `remote_id` is the platform's own id, where it gave one; `is_shared`
    says that another customer has the same and stays, `is_gone` that this run has had it deleted
    already. Who stays under a shared id is told of anew after whatever happened to it.
    """

    change_id: int
    operation: Operation
    customer_id: str
    brand_id: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    permissions: Mapping[str, bool] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    grants: tuple[float | None, ...] = ()
    is_new: bool = False
    is_profiled: bool = False
    remote_id: str | None = None
    is_shared: bool = False
    is_gone: bool = False
    into_customer_id: str | None = None
    into_remote_id: str | None = None
    audience: Membership | None = None

    @property
    def external_id(self) -> str:
        """The key of the person's profile: a customer of two brands has two profiles."""
        return external_id(self.brand_id, self.customer_id)

    def is_closed(self, *channels: str) -> bool:
        """Whether each of these channels is to be told no."""
        return all(self.permissions.get(one, True) is False or one in self.held for one in channels)

    def is_opened(self, *channels: str) -> bool:
        """Whether one of these channels is to be opened by force."""
        return not self.opened.isdisjoint(channels)

    @property
    def into_external_id(self) -> str:
        """The key of the profile that a merged one goes into."""
        return external_id(self.brand_id, self.into_customer_id or "")


def external_id(brand_id: str, customer_id: str) -> str:
    """`brand:customer`, since consent, and so the profile, is the brand's."""
    return f"{brand_id}:{customer_id}"


@dataclass(frozen=True)
class Outcome:
    """What became of a change: delivered unless `rejected` holds the platform's words."""

    rejected: str | None = None
    remote_id: str | None = None


DELIVERED = Outcome()


@dataclass(frozen=True)
class Contract:
    """What a platform asks of its clients, by its public documentation.

    `batch` is the most changes of one request by operation, and lists the operations there are;
    `needs` are fields of sync_profiles of which a person must have one; `settings` the keys of
    `settings:` in a mapping, with their defaults. `is_by_email` says that profiles with one e-mail
    are one contact there, or share what may be sent to it.
    """

    name: str
    summary: str
    batch: Mapping[Operation, int]
    needs: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    optional_secrets: tuple[str, ...] = ()
    url: str | None = None
    is_http: bool = True
    is_by_email: bool = False
    max_bytes: int | None = None
    concurrency: int = 4
    requests_per_second: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setup:
    """What a destination works with in one run. `folder` is for what it writes on this machine."""

    mapping: DestinationMapping
    secrets: Mapping[str, str]
    settings: Mapping[str, Any]
    folder: Path
    stream: str
    transport: Transport | None = None


class Destination(ABC):
    """A platform. It is called from several threads at once, so it keeps nothing between calls."""

    contract: ClassVar[Contract]

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    @property
    def http(self) -> Transport:
        """The client of a destination that is reached by HTTP."""
        assert self.setup.transport is not None
        return self.setup.transport

    def begin(self) -> None:  # noqa: B027 - most have nothing to do
        """Called once a run, under the lock of the destination, before anything is delivered."""

    @abstractmethod
    def deliver(self, operation: Operation, changes: Sequence[Change], key: str) -> list[Outcome]:
        """Deliver changes of one operation, at most `contract.batch` of them; an outcome for each.

        `key` is the idempotency key of the whole request. Lets the transport's Refused and
        Unavailable through: a refused batch is halved until the rows to blame are alone.
        """
