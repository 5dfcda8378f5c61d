"""What the file of the state holds: its tables, and a change on its way through them."""

from __future__ import annotations

from dataclasses import dataclass

from crossbrand.sync.channels import FLAGS
from crossbrand.sync.destinations.base import Operation

VERSION = 2
DOUBT = "?"
"""Row hash of a person of whom nobody knows what the destination holds: whatever is due is sent."""

SUPPRESSED = "suppressed"
"""Row hash of a person whom the destination was told to leave alone."""

KEEP_DAYS = 90
"""So long runs and the outcomes of changes are kept; what is to be sent, and was told, stays."""

PROFILES = "profiles"
INSTRUCTIONS = "instructions"
"""The stream of merges and erasures: they are about the person and belong to no audience."""

CLOSINGS = "closings"
"""The stream of what is closed for people whom the run is not about."""

TIMES = ", ".join(f"{name}_at real not null default 0" for name in FLAGS)

SCHEMA = f"""
create table if not exists sync_runs (
    run_id text primary key,
    destination text not null,
    stream text not null,
    mode text not null,
    generation_id text not null,
    started_at real not null,
    finished_at real,
    status text not null,
    report text
) without rowid;
create table if not exists acknowledged (
    destination text not null,
    stream text not null,
    customer_id text not null,
    brand_id text not null,
    row_hash text not null,
    flags integer not null,
    remote_id text,
    acknowledged_at real not null,
    primary key (destination, stream, customer_id, brand_id)
) without rowid;
create index if not exists acknowledged_remote on acknowledged (destination, remote_id)
    where remote_id is not null;
create table if not exists permissions_told (
    destination text not null,
    customer_id text not null,
    brand_id text not null,
    flags integer not null,
    closed_flags integer not null,
    is_told integer not null,
    {TIMES},
    primary key (destination, customer_id, brand_id)
) without rowid;
create table if not exists outbox (
    change_id integer primary key autoincrement,
    destination text not null,
    stream text not null,
    phase integer not null,
    operation text not null,
    customer_id text not null,
    brand_id text not null,
    into_customer_id text,
    instruction_id text,
    row_hash text not null,
    flags integer not null,
    idempotency_key text not null unique,
    batch_id text not null,
    status text not null,
    attempts integer not null default 0,
    next_attempt_at real not null default 0,
    words text,
    run_id text not null,
    created_at real not null
);
create unique index if not exists outbox_row
    on outbox (destination, stream, customer_id, brand_id) where stream <> 'instructions';
create table if not exists instructions_done (
    destination text not null,
    instruction_id text not null,
    customer_id text not null,
    brand_id text not null,
    done_at real not null,
    primary key (destination, instruction_id, customer_id, brand_id)
) without rowid;
create table if not exists sync_changelog (
    change_id integer not null,
    run_id text not null,
    destination text not null,
    stream text not null,
    customer_id text not null,
    brand_id text not null,
    operation text not null,
    row_hash text not null,
    idempotency_key text not null,
    outcome text not null,
    words text,
    logged_at real not null
);
create index if not exists changelog_customer on sync_changelog (customer_id);
create index if not exists changelog_time on sync_changelog (logged_at);
"""

# What `status` of a change may be.
PENDING, REJECTED, GIVEN_UP = "pending", "rejected", "given_up"


@dataclass(frozen=True)
class Entry:
    """A row of the outbox."""

    change_id: int
    stream: str
    phase: int
    operation: Operation
    customer_id: str
    brand_id: str
    into_customer_id: str | None
    instruction_id: str | None
    row_hash: str
    flags: int
    key: str
    batch_id: str
    status: str
    attempts: int
    next_attempt_at: float


ENTRY_COLUMNS = (
    "change_id, stream, phase, operation, customer_id, brand_id, into_customer_id, instruction_id, "
    "row_hash, flags, idempotency_key, batch_id, status, attempts, next_attempt_at"
)


@dataclass(frozen=True)
class Draft:
    """A change that is about to enter the outbox.

    `is_decided` says that a person's own decision closes something by it.
    """

    stream: str
    phase: int
    operation: Operation
    customer_id: str
    brand_id: str
    row_hash: str
    flags: int
    key: str
    batch_id: str
    into_customer_id: str | None = None
    instruction_id: str | None = None
    is_decided: bool = False
