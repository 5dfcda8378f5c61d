"""Who is meant, what is theirs alone and what is shared, from the identity graph.

Only the person's own records are theirs. A record is whose its strongest identifier says
(docs/identity.md), so what is bound to somebody else is never in question, and what names only an
identifier that several share belongs to nobody in particular and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from crossbrand.contract import Feed
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, has_table, quoted, require_tables
from crossbrand.privacy.rows import (
    NAMING,
    SHARED,
    UNKNOWN_CONTROLLER,
    RowReader,
    seed,
)
from crossbrand.privacy.scan import landed_files

TABLES = (
    "intermediate.int_identity__customer_nodes",
    "intermediate.int_identity__observations",
    "intermediate.int_identity__set_customers",
    "intermediate.int_identity__identifiers",
    "intermediate.int_identity__record_customers",
    "intermediate.int_identity__message_customers",
    "intermediate.int_identity__session_customers",
    "intermediate.int_engagement__session_events",
    "intermediate.int_operations__as_of",
    "intermediate.int_identity__customers",
    "marts.landing_files",
)

UNBOUND = ("events", "message_events", "privacy_requests", "campaign_controls")
"""Feeds whose rows are not bound record by record."""


@dataclass(frozen=True)
class Wanted:
    """Somebody as a request or the command line names them, within one controller."""

    controller_id: str
    identifier_type: str
    identifier_value: str = field(repr=False)
    request: tuple[str, str] | None = None
    """Brand and id of the request, where there is one."""
    brand: str | None = None
    """The brand whose contact ids and cards are meant; None for any of the controller."""

    @property
    def label(self) -> str:
        """What may be printed."""
        if self.request:
            return f"request {self.request[1]} of {self.request[0]}"
        return f"the {self.identifier_type} that was given"


@dataclass
class People:
    """Customers who are erased together within one controller, and what is to be marked."""

    controller_id: str
    customers: tuple[str, ...]
    brands: tuple[str, ...]
    requests: tuple[tuple[str, str], ...] = ()
    lives_on: frozenset[str] = frozenset()
    """Those who have records at another controller as well, which stay."""
    marks: dict[str, set[str]] = field(default_factory=dict, repr=False)
    shared: int = 0
    """Identifiers that others use too, and that therefore stay with them."""

    def add(self, kind: str, texts: Iterable[str]) -> None:
        """Put texts among the marks."""
        values = {text for text in texts if text}
        if values:
            self.marks.setdefault(kind, set()).update(values)


@dataclass
class Resolution:
    """Who was found, and why others were not: a sentence by label."""

    people: list[People] = field(default_factory=list)
    refused: list[tuple[Wanted, str]] = field(default_factory=list)
    unknown: list[Wanted] = field(default_factory=list)
    """Identifiers that no customer has: rows that name them (rejected ones, say) still go."""
    as_of: datetime | None = None

    def marks(self) -> dict[str, set[str]]:
        """The marks of all of them."""
        merged: dict[str, set[str]] = {}
        for people in self.people:
            for kind, texts in people.marks.items():
                merged.setdefault(kind, set()).update(texts)
        return merged


class Resolver:
    """Asks the warehouse; `reader` normalises what the command line names as staging does."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, reader: RowReader, project: Path
    ) -> None:
        require_tables(connection, *TABLES)
        self._connection, self.reader = connection, reader
        self.brands = {row["brand_id"]: row for row in seed(project, "brands")}

    def brands_of(self, controller_id: str) -> tuple[str, ...]:
        """The brands of a controller."""
        return tuple(
            brand for brand, row in self.brands.items() if row["controller_id"] == controller_id
        )

    def controller_of(self, brand: str | None, controller: str | None) -> tuple[str, str]:
        """The controller that was asked, and a brand of it in whose country numbers are dialled.

        Raises CrossbrandError where neither is given or known.
        """
        if brand:
            if brand not in self.brands:
                raise CrossbrandError(f"{brand!r} is no brand of seeds/brands.csv.")
            return self.brands[brand]["controller_id"], brand
        if controller:
            brands = self.brands_of(controller)
            if not brands:
                raise CrossbrandError(f"{controller!r} is no controller of seeds/brands.csv.")
            return controller, brands[0]
        raise CrossbrandError("Say with --brand or --controller who was asked.")

    def as_of(self) -> datetime | None:
        """The moment that the warehouse speaks of."""
        row = self._connection.execute(
            "select as_of_at from intermediate.int_operations__as_of"
        ).fetchone()
        return row[0] if row else None

    def pending(self, request_type: str = "erasure") -> list[Wanted]:
        """The requests that have landed and been read. One that was carried out is gone."""
        rows = self._connection.execute(
            "select brand_id, request_id, identifier_type, identifier_value "
            "from staging.base_privacy__privacy_requests where request_type = ? "
            "and reject_reason_code is null and version_rank = 1 "
            "order by requested_at, brand_id, request_id",
            [request_type],
        ).fetchall()
        return [
            Wanted(self.brands[brand]["controller_id"], kind, value, (brand, request), brand)
            for brand, request, kind, value in rows
        ]

    def read_identifier(self, text: str, brand: str) -> tuple[str, str]:
        """`type=value` as the identity graph holds it. Raises CrossbrandError without the value."""
        kind, separator, value = text.partition("=")
        kind = kind.strip().lower()
        if not separator or kind not in NAMING:
            raise CrossbrandError(
                f"--identifier is TYPE=VALUE, and TYPE one of {', '.join(NAMING)}."
            )
        macros = self.reader.macros
        clean = macros("typed_text", "given.value")
        expression = clean
        if kind == "email":
            address = macros("email_address", clean)
            expression = f"(select {macros('email_key', 'a.v')} from (select {address} as v) as a)"
        elif kind == "phone":
            expression = macros("phone_e164", "given.value", "given.country")
        self._connection.register(
            "given_values",
            pa.table({"value": [value], "country": [self.brands[brand]["country_code"]]}),
        )
        row = self._connection.execute(f"select {expression} from given_values as given").fetchone()
        self._connection.unregister("given_values")
        if not row or row[0] is None:
            raise CrossbrandError(f"What --identifier names is no {kind} that staging can read.")
        return kind, str(row[0])

    def customers(self, wanted: Wanted) -> list[str]:
        """Whose records name the identifier within the controller."""
        scopes = [wanted.controller_id, *self.brands_of(wanted.controller_id)]
        if wanted.brand and not self.reader.types.is_of_controller(wanted.identifier_type):
            scopes = [wanted.brand]
        rows = self._connection.execute(
            f"""
            select distinct set_customers.customer_id
            from intermediate.int_identity__observations as observations
            inner join intermediate.int_identity__set_customers as set_customers
                on observations.identifier_set_id = set_customers.identifier_set_id
            where
                observations.identifier_type = ? and observations.identifier_value = ?
                and observations.scope_id in ({_list(scopes)})
            order by 1
            """,
            [wanted.identifier_type, wanted.identifier_value],
        ).fetchall()
        return [str(row[0]) for row in rows]

    def unusable(self, wanted: Wanted) -> str | None:
        """Why the identifier is nobody's: a placeholder, or a shop's phone."""
        row = self._connection.execute(
            "select max(unusable_reason) from intermediate.int_identity__identifiers "
            "where identifier_type = ? and identifier_value = ? and controller_id = ? "
            "and not is_usable",
            [wanted.identifier_type, wanted.identifier_value, wanted.controller_id],
        ).fetchone()
        return str(row[0]) if row and row[0] else None

    def suspects(self, customers: Sequence[str]) -> set[str]:
        """Those of them whose records contradict one another."""
        rows = self._connection.execute(
            "select customer_id from intermediate.int_identity__customers "
            f"where is_suspect and customer_id in ({_list(customers)})"
        ).fetchall()
        return {str(row[0]) for row in rows}

    def people(
        self,
        controller_id: str,
        customers: Sequence[str],
        requests: Sequence[tuple[str, str]] = (),
    ) -> People:
        """What is theirs: what only they share with one another is theirs, too."""
        brands = self.brands_of(controller_id)
        people = People(controller_id, tuple(sorted(customers)), brands, tuple(requests))
        self._own_identifiers(people)
        self._own_devices(people)
        people.lives_on = self._lives_on(people)
        self._write_own(people)
        for feed in self.reader.feeds():
            people.add(f"record:{feed.name}", self._bare_records(people, feed))
        people.add("order_id", self._column(
            "select 'order_id|' || brand_id || '|' || record_id "
            "from intermediate.int_identity__record_customers "
            f"where feed = 'orders' and {_theirs(people)} and brand_id in ({_list(brands)})"
        ))  # fmt: skip
        people.add("message_id", self._bare_messages(people))
        for brand, request in requests:
            # It names them: a redelivery must not make it pending again.
            people.add("record:privacy_requests", [f"record|{brand}|{request}"])
        return people

    def nobody(self, wanted: Wanted) -> People:
        """An identifier that no customer has: rows that name it (rejected ones, say) still go."""
        scopes = [wanted.controller_id]
        brands = self.brands_of(wanted.controller_id)
        if not self.reader.types.is_of_controller(wanted.identifier_type):
            scopes = [wanted.brand] if wanted.brand else list(brands)
        requests = (wanted.request,) if wanted.request else ()
        people = People(wanted.controller_id, (), brands, requests)
        kind, value = wanted.identifier_type, wanted.identifier_value
        people.add(kind, [f"{kind}|{scope}|{value}" for scope in scopes])
        for brand, request in requests:
            people.add("record:privacy_requests", [f"record|{brand}|{request}"])
        return people

    def living_on(self, brands: Mapping[str, Iterable[str]]) -> set[str]:
        """Those customers who have records at brands other than those they are erased at."""
        rows = self._connection.execute(
            "select distinct customer_id, brand_id from "
            "intermediate.int_identity__record_customers "
            f"where customer_id in ({_list(brands)})"
        ).fetchall()
        return {str(row[0]) for row in rows if row[1] not in set(brands[str(row[0])])}

    def former_ids(self, customers: Iterable[str]) -> list[str]:
        """Ids under which records of the customers were known before these were merged or split."""
        if not has_table(self._connection, "marts.identity_redirects"):
            return []
        return self._column(
            f"""
            with recursive former as (
                select unnest([{_list(customers)}]) as customer_id
                union
                select redirects.old_customer_id
                from marts.identity_redirects as redirects
                inner join former on redirects.new_customer_id = former.customer_id
            )
            select customer_id from former where customer_id not in ({_list(customers)})
            """
        )

    def gone_ids(self, customers: Iterable[str]) -> tuple[list[str], list[str]]:
        """Those of the former ids that no customer has now; and those that were theirs alone."""
        former = self.former_ids(customers)
        if not former:
            return [], []
        gone = self._column(
            f"select unnest([{_list(former)}]) as customer_id except "
            "select customer_id from intermediate.int_identity__customers"
        )
        theirs = [*former, *customers]
        shared = self._column(
            "select distinct old_customer_id from marts.identity_redirects "
            f"where old_customer_id in ({_list(gone)}) and new_customer_id not in ({_list(theirs)})"
        )
        return gone, [name for name in gone if name not in shared]

    def unread_files(self, paths: Paths) -> int:
        """How many landing files the last build has not read."""
        known = {
            str(row[0])
            for row in self._connection.execute(
                "select file_name from marts.landing_files"
            ).fetchall()
        }
        landed = {
            path.relative_to(paths.landing).as_posix()
            for feed in self.reader.contract.values()
            for path in landed_files(paths.landing, feed)
        }
        return len(landed - known)

    def warehouse_rows(self, customers: Sequence[str]) -> dict[str, int]:
        """Rows of the marts that tell of the customers, by mart."""
        counts = {}
        for schema, name in self._connection.execute(
            "select schema_name, table_name from duckdb_columns() where schema_name = 'marts' "
            "and database_name = 'warehouse' and column_name = 'customer_id' order by all"
        ).fetchall():
            row = self._connection.execute(
                f"select count(*) from {schema}.{name} where customer_id in ({_list(customers)})"
            ).fetchone()
            if row and row[0]:
                counts[f"{schema}.{name}"] = int(row[0])
        return counts

    def still_there(self, customers: Sequence[str], marks: Mapping[str, Iterable[str]]) -> int:
        """Customers and identifiers that the warehouse still knows."""
        texts = [
            (kind, text)
            for kind in (*NAMING, "voucher_code")
            for text in sorted(marks.get(kind, ()))
        ]
        self._write_texts(texts)
        found = self._connection.execute(
            f"""
            select
                (
                    select count(*) from intermediate.int_identity__customers
                    where customer_id in ({_list(customers)})
                )
                + (
                    select count(*) from intermediate.int_identity__observations
                    where identifier_key in (select k from own)
                )
            """
        ).fetchone()
        return int(found[0]) if found else 0

    def bound_to_others(
        self, records: Iterable[tuple[str, str, str]], customers: Sequence[str]
    ) -> set[tuple[str, str, str]]:
        """Those of the records (brand, feed, id) that are bound to somebody else."""
        rows = list(records)
        table = pa.table(
            {
                "brand_id": pa.array([row[0] for row in rows], pa.string()),
                "feed": pa.array([row[1] for row in rows], pa.string()),
                "record_id": pa.array([row[2] for row in rows], pa.string()),
            }
        )
        self._connection.register("records_found", table)
        found = self._connection.execute(
            f"""
            select distinct found.brand_id, found.feed, found.record_id
            from records_found as found
            inner join intermediate.int_identity__record_customers as bound
                on
                    found.brand_id = bound.brand_id
                    and found.feed = bound.feed
                    and found.record_id = bound.record_id
            where bound.customer_id not in ({_list(customers)})
            """
        ).fetchall()
        self._connection.unregister("records_found")
        return {(str(brand), str(feed), str(record)) for brand, feed, record in found}

    def values(self, people: Sequence[People]) -> set[str]:
        """The identifiers of the marks in the clear, as they are normalised."""
        return {
            text.split("|", 2)[2]
            for group in people
            for kind in (*NAMING, "voucher_code", "device_id")
            for text in group.marks.get(kind, ())
        }

    def _own_identifiers(self, people: People) -> None:
        scopes = [people.controller_id, *people.brands]
        rows = self._connection.execute(
            f"""
            with nodes as (
                select distinct
                    identifier_id, identifier_type, scope_id, identifier_value, customer_id
                from intermediate.int_identity__customer_nodes
                where {_theirs(people)} and scope_id in ({_list(scopes)})
            ),
            users as (
                select
                    observations.identifier_id,
                    bool_or(not ({_theirs(people, "set_customers.")})) as has_others
                from intermediate.int_identity__observations as observations
                inner join nodes on observations.identifier_id = nodes.identifier_id
                inner join intermediate.int_identity__set_customers as set_customers
                    on observations.identifier_set_id = set_customers.identifier_set_id
                group by observations.identifier_id
            ),
            split as (
                select
                    identifier_id,
                    bool_or(not ({_theirs(people)})) as is_split_with_others
                from intermediate.int_identity__customer_nodes
                where identifier_id in (select identifier_id from nodes)
                group by identifier_id
            )
            select
                nodes.identifier_type, nodes.scope_id, nodes.identifier_value,
                users.has_others or split.is_split_with_others as is_shared,
                list(distinct nodes.customer_id order by nodes.customer_id) as customer_ids
            from nodes
            inner join users on nodes.identifier_id = users.identifier_id
            inner join split on nodes.identifier_id = split.identifier_id
            group by all
            order by 1, 2, 3
            """
        ).fetchall()
        names = self._given_names(people)
        used = self._used_by_others(people, [f"{row[0]}|{row[1]}|{row[2]}" for row in rows])
        for kind, scope, value, is_shared, customers in rows:
            text = f"{kind}|{scope}|{value}"
            if not is_shared and text not in used:
                people.add(kind, [text])
                if self.reader.types.is_of_controller(kind):
                    people.add(kind, [f"{kind}|{UNKNOWN_CONTROLLER}|{value}"])
                continue
            people.shared += 1
            if kind in SHARED:
                for customer in customers:
                    people.add("person", [f"{text}#{name}" for name in names.get(customer, ())])

    def _used_by_others(self, people: People, texts: Sequence[str]) -> set[str]:
        """Those that stand in some version of a record of somebody else, if not in the last."""
        columns = {"contact_id": "contact_id", "loyalty_card_id": "loyalty_card_id",
                   "email_key": "email", "phone": "phone"}  # fmt: skip
        self._write_texts([(text.split("|", 1)[0], text) for text in texts])
        found: set[str] = set()
        for feed in self.reader.feeds():
            base = f"base_{feed.domain}__{feed.name}"
            if len(feed.key) > 1 or feed.name in UNBOUND:
                continue
            present = self._columns_of(base)
            for column, kind in columns.items():
                if column in present:
                    text = self._text("base", kind, column)
                    found |= set(self._column(
                        f"""
                        select distinct own.k
                        from staging.{base} as base
                        inner join own on own.k = {text}
                        inner join intermediate.int_identity__record_customers as bound
                            on
                                bound.feed = {quoted(feed.name)}
                                and base.brand_id = bound.brand_id
                                and base.{feed.key[0]} = bound.record_id
                        where not ({_theirs(people, "bound.")})
                        """
                    ))  # fmt: skip
        return found

    def _columns_of(self, table: str) -> set[str]:
        return set(self._column(
            "select column_name from duckdb_columns() where database_name = 'warehouse' "
            f"and schema_name = 'staging' and table_name = {quoted(table)}"
        ))  # fmt: skip

    def _given_names(self, people: People) -> dict[str, list[str]]:
        """Every spelling of the first name on their own contact records."""
        name = self.reader.macros("given_name_key", "contacts.first_name")
        rows = self._connection.execute(
            f"""
            select bound.customer_id, {name}
            from staging.base_contact__contacts as contacts
            inner join intermediate.int_identity__record_customers as bound
                on
                    bound.feed = 'contacts'
                    and contacts.brand_id = bound.brand_id
                    and contacts.contact_id = bound.record_id
            where {_theirs(people, "bound.")} and bound.brand_id in ({_list(people.brands)})
            group by all
            """
        ).fetchall()
        found: dict[str, list[str]] = {}
        for customer, given in rows:
            if given is not None:
                found.setdefault(str(customer), []).append(str(given))
        return found

    def _own_devices(self, people: People) -> None:
        """Devices on which nobody else was ever known."""
        people.add("device_id", self._column(
            f"""
            with uses as (
                select events.brand_id, events.device_id, sessions.customer_id
                from intermediate.int_engagement__session_events as events
                inner join intermediate.int_identity__session_customers as sessions
                    on
                        events.brand_id = sessions.brand_id
                        and events.session_id = sessions.session_id
                where events.device_id is not null
                union
                select observations.brand_id, observations.identifier_value, bound.customer_id
                from intermediate.int_identity__observations as observations
                inner join intermediate.int_identity__set_customers as bound
                    on observations.identifier_set_id = bound.identifier_set_id
                where observations.identifier_type = 'device_id'
            )
            select 'device_id|' || brand_id || '|' || device_id
            from uses
            where brand_id in ({_list(people.brands)})
            group by brand_id, device_id
            having bool_and({_theirs(people)})
            """
        ))  # fmt: skip

    def _lives_on(self, people: People) -> frozenset[str]:
        return frozenset(self._column(
            "select distinct customer_id from intermediate.int_identity__record_customers "
            f"where {_theirs(people)} and brand_id not in ({_list(people.brands)})"
        ))  # fmt: skip

    def _write_own(self, people: People) -> None:
        self._write_texts([
            (kind, text)
            for kind in (*NAMING, "voucher_code", "device_id")
            for text in sorted(people.marks.get(kind, ()))
        ])  # fmt: skip

    def _write_texts(self, texts: Sequence[tuple[str, str]]) -> None:
        self._connection.execute("create or replace temp table own (kind varchar, k varchar)")
        if texts:
            table = pa.table({"kind": [row[0] for row in texts], "k": [row[1] for row in texts]})
            self._connection.register("own_texts", table)
            self._connection.execute("insert into own select kind, k from own_texts")
            self._connection.unregister("own_texts")

    def _bare_records(self, people: People, feed: Feed) -> list[str]:
        """Their records of which some version names no identifier that is theirs alone."""
        if len(feed.key) > 1 or feed.name == "message_events":
            return []
        columns = {
            "contact_id": "contact_id",
            "loyalty_card_id": "loyalty_card_id",
            "email_key": "email",
            "phone": "phone",
            "voucher_code": "voucher_code",
            "coupon_code": "voucher_code",
        }
        base = f"base_{feed.domain}__{feed.name}"
        present = self._columns_of(base)
        checks = []
        named = []
        for column, kind in columns.items():
            if column in present:
                checks.append(f"{self._text('base', kind, column)} in (select k from own)")
                if kind in NAMING:
                    named.append(f"base.{column} is not null")
        if "device_id" in present:
            device = f"{self._text('base', 'device_id', 'device_id')} in (select k from own)"
            checks.append(f"({device} and not ({' or '.join(named) or 'false'}))")
        covered = " or ".join(f"coalesce({check}, false)" for check in checks) or "false"
        records, key = self._records_sql(people, feed)
        if records is None:
            return []
        return self._column(
            f"""
            select distinct 'record|' || base.brand_id || '|' || base.{key}
            from staging.{base} as base
            inner join ({records}) as records
                on base.brand_id = records.brand_id and base.{key} = records.record_id
            where not ({covered})
            """
        )

    def _records_sql(self, people: People, feed: Feed) -> tuple[str | None, str]:
        key = feed.key[0]
        brands = _list(people.brands)
        if feed.name == "events":
            return (
                "select events.brand_id, events.event_id as record_id "
                "from intermediate.int_engagement__session_events as events "
                "inner join intermediate.int_identity__session_customers as sessions "
                "on events.brand_id = sessions.brand_id "
                "and events.session_id = sessions.session_id "
                f"where {_theirs(people, 'sessions.')} and events.brand_id in ({brands})",
                key,
            )
        if feed.name in UNBOUND:
            return None, key
        return (
            "select brand_id, record_id from intermediate.int_identity__record_customers "
            f"where feed = {quoted(feed.name)} and {_theirs(people)} and brand_id in ({brands})",
            key,
        )

    def _bare_messages(self, people: People) -> list[str]:
        """Their messages of which some event names no identifier that is theirs alone."""
        covered = " or ".join(
            f"coalesce({self._text('base', kind, column)} in (select k from own), false)"
            for column, kind in
            (("contact_id", "contact_id"), ("email_key", "email"), ("phone", "phone"))
        )  # fmt: skip
        return self._column(
            f"""
            select distinct 'message_id|' || base.brand_id || '|' || base.message_id
            from staging.base_communication__message_events as base
            inner join intermediate.int_identity__message_customers as bound
                on base.brand_id = bound.brand_id and base.message_id = bound.message_id
            where
                {_theirs(people, "bound.")} and bound.brand_id in ({_list(people.brands)})
                and not ({covered})
            """
        )

    def _text(self, table: str, kind: str, column: str) -> str:
        """The text of a mark of a column of a base model."""
        scope = f"{table}.brand_id"
        if self.reader.types.is_of_controller(kind):
            cases = " ".join(
                f"when {quoted(brand)} then {quoted(row['controller_id'])}"
                for brand, row in self.brands.items()
            )
            scope = f"case {table}.brand_id {cases} else '{UNKNOWN_CONTROLLER}' end"
        return f"'{kind}|' || {scope} || '|' || {table}.{column}"

    def _column(self, sql: str) -> list[str]:
        rows = self._connection.execute(sql).fetchall()
        return sorted(str(row[0]) for row in rows if row[0] is not None)


def resolve(
    resolver: Resolver,
    wanted: Sequence[Wanted],
    *,
    customer_id: str | None = None,
    accept_suspects: bool = False,
) -> Resolution:
    """Find each of the wanted. Who cannot be told from others is refused with the mend.

    `customer_id` says which of several is meant.
    """
    found = Resolution(as_of=resolver.as_of())
    chosen: dict[str, dict[str, list[Wanted]]] = {}
    for one in wanted:
        customers = resolver.customers(one)
        if customer_id is not None:
            customers = [customer for customer in customers if customer == customer_id]
        reason = resolver.unusable(one)
        if reason and len(customers) != 1:
            found.refused.append(
                (one, f"it names what many use ({reason}). Name a contact id or a card of theirs.")
            )
        elif len(customers) > 1:
            found.refused.append(
                (
                    one,
                    f"{len(customers)} people use it. Name a contact id or a card of the one who "
                    "asked, or say which with --customer.",
                )
            )
        elif not customers:
            found.unknown.append(one)
        elif resolver.suspects(customers) and not accept_suspects:
            found.refused.append(
                (
                    one,
                    "its records contradict one another, so they may be two people's "
                    "(identity_conflicts says why). Part them in seeds/identity_decisions.csv and "
                    "build, or say --accept-suspects to erase all of them.",
                )
            )
        else:
            chosen.setdefault(one.controller_id, {}).setdefault(customers[0], []).append(one)
    for controller, customers_of in chosen.items():
        requests = [one.request for named in customers_of.values() for one in named if one.request]
        found.people.append(resolver.people(controller, list(customers_of), requests))
    found.people += [resolver.nobody(one) for one in found.unknown]
    return found


def open_resolver(
    connection: duckdb.DuckDBPyConnection, paths: Paths, reader: RowReader | None = None
) -> Resolver:
    """A resolver over an open warehouse."""
    return Resolver(connection, reader or RowReader(paths.project), paths.project)


def _list(values: Iterable[str]) -> str:
    """Values as the inside of an SQL list that is never empty."""
    return ", ".join([quoted(value) for value in values] or ["''"])


def _theirs(people: People, table: str = "") -> str:
    return f"{table}customer_id in ({_list(people.customers)})"
