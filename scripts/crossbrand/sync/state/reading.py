"""Questions to the state."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crossbrand.sync.destinations.base import Operation
from crossbrand.sync.state import permissions
from crossbrand.sync.state.file import StateFile
from crossbrand.sync.state.permissions import Person, Told
from crossbrand.sync.state.schema import DOUBT, ENTRY_COLUMNS, SUPPRESSED, Entry


class Reading(StateFile):
    """What a destination has been told, and what is on its way."""

    def acknowledged(self, stream: str) -> list[tuple[Any, ...]]:
        """customer_id, brand_id, row_hash, flags, remote_id, of one stream."""
        return self._rows(
            "select customer_id, brand_id, row_hash, flags, remote_id from acknowledged "
            "where destination = ? and stream = ?",
            self._destination,
            stream,
        )

    def streams(self) -> set[str]:
        """The streams in which the destination was told of anybody."""
        rows = self._rows(
            "select distinct stream from acknowledged where destination = ?", self._destination
        )
        return {str(row[0]) for row in rows}

    def entries(self, stream: str) -> list[Entry]:
        """The outbox of one stream, in the order of sending."""
        rows = self._rows(
            f"select {ENTRY_COLUMNS} from outbox where destination = ? and stream = ? "
            "order by phase, batch_id, change_id",
            self._destination,
            stream,
        )
        return [Entry(row[0], row[1], row[2], Operation(row[3]), *row[4:]) for row in rows]

    def people_told(self) -> set[tuple[str, str]]:
        """Everybody the destination may know something of, in any stream: customer, brand."""
        return {
            (row[0], row[1])
            for row in self._rows(
                "select customer_id, brand_id from acknowledged where destination = ?1 union "
                "select customer_id, brand_id from outbox where destination = ?1 "
                "and stream <> 'instructions' and status = 'pending'",
                self._destination,
            )
        }

    def remote_ids(
        self, people: Iterable[str], leaving: Iterable[tuple[str, str]] = ()
    ) -> dict[tuple[str, str], tuple[str, bool]]:
        """The platform's id by customer and brand, and whether another person has the same.

        Who is `leaving` has it no longer: two who go together must not hold each other there.
        """
        rows = self._rows(
            "select mine.customer_id, mine.brand_id, max(mine.remote_id), exists ("
            "  select 1 from acknowledged as other where other.destination = mine.destination"
            "  and other.remote_id = mine.remote_id and other.row_hash <> 'suppressed' and "
            "  (other.customer_id, other.brand_id) <> (mine.customer_id, mine.brand_id) and "
            "  (other.customer_id, other.brand_id) not in ("
            "    select json_extract(value, '$[0]'), json_extract(value, '$[1]') "
            "    from json_each(?3))) "
            "from acknowledged as mine where mine.destination = ?1 and mine.remote_id is not null "
            "and mine.customer_id in (select value from json_each(?2)) group by 1, 2",
            self._destination,
            json.dumps(sorted(set(people))),
            json.dumps(sorted(set(leaving))),
        )
        return {(row[0], row[1]): (str(row[2]), bool(row[3])) for row in rows}

    def permissions(self, customers: Iterable[str]) -> dict[Person, Told]:
        """What the destination was told of the channels of these customers, in any stream."""
        with self._telling():
            return permissions.read(self._connection, self._destination, customers)

    def open_there(self) -> dict[Person, int]:
        """Whose channels may be open at the destination, and which."""
        return {
            (row[0], row[1]): int(row[2])
            for row in self._rows(
                "select customer_id, brand_id, max(flags) from ("
                "  select customer_id, brand_id, flags from permissions_told "
                "  where destination = ?1 and flags <> 0"
                "  union all select customer_id, brand_id, flags from outbox "
                "  where destination = ?1 and status = 'pending' "
                "  and operation in ('upsert', 'enter')"
                ") group by 1, 2",
                self._destination,
            )
        }

    def held(self, customers: Iterable[str]) -> set[tuple[str, str]]:
        """Of these customers those whom the destination is known to hold, open: customer, brand."""
        rows = self._rows(
            "select distinct customer_id, brand_id from acknowledged where destination = ? "
            "and row_hash not in (?, ?) and customer_id in (select value from json_each(?))",
            self._destination,
            DOUBT,
            SUPPRESSED,
            json.dumps(sorted(set(customers))),
        )
        return {(row[0], row[1]) for row in rows}

    def instructions_done(self) -> set[tuple[str, str, str]]:
        """Which merges and erasures were acknowledged: instruction, customer, brand."""
        return {
            (row[0], row[1], row[2])
            for row in self._rows(
                "select instruction_id, customer_id, brand_id from instructions_done "
                "where destination = ?",
                self._destination,
            )
        }
