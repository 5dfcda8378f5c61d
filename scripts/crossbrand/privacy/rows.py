"""What a landed row says about a person, as SQL: its identifiers, its record and its moment.

The expressions come from the landing contract and from the project's own normalising macros, so a
row names the same identifier here as in the build, and a feed that is added to the contract is
looked at without a change here.
"""

from __future__ import annotations

import csv
import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crossbrand.contract import ZERO_ROWS_PARTITION, Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted
from crossbrand.sync.normalise import Macros

# Column of the contract: type of identifier. A coupon code is an identifier where it is a voucher.
IDENTIFIERS = {
    "contact_id": "contact_id",
    "loyalty_card_id": "loyalty_card_id",
    "email": "email",
    "phone": "phone",
    "voucher_code": "voucher_code",
    "coupon_code": "voucher_code",
    "device_id": "device_id",
    "order_id": "order_id",
    "message_id": "message_id",
}
NAMING = ("contact_id", "loyalty_card_id", "email", "phone")
"""Types that say who a row is about, whatever device or order it names."""

SHARED = ("email", "phone", "loyalty_card_id")
"""Types that a family may share."""

PARTS_OF_ORDERS = ("order_lines", "returns")
UNKNOWN_CONTROLLER = "?"


@dataclass(frozen=True)
class Types:
    """The scope of each identifier type, from seeds/identifier_types.csv."""

    scopes: dict[str, str]

    def is_of_controller(self, identifier_type: str) -> bool:
        """Whether the brands of one controller share values of this type."""
        return self.scopes.get(identifier_type) == "controller"


class RowReader:
    """Writes the SQL that reads landed files of a feed as rows with marks."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.contract = load_contract(project)
        self.macros = Macros(project)
        self.types = Types(
            {row["identifier_type"]: row["scope"] for row in seed(project, "identifier_types")}
        )

    def feeds(self) -> list[Feed]:
        """The feeds whose rows can name somebody."""
        return [feed for feed in self.contract.values() if self._personal(feed)]

    def _personal(self, feed: Feed) -> bool:
        named = set(feed.column_names)
        return bool(named & (set(IDENTIFIERS) | {"identifier_value"}))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Load the brands that the SQL joins."""
        path = quoted(self.project / "seeds" / "brands.csv")
        connection.execute(
            "create or replace temp table known_brands as select brand_id, controller_id, "
            f"country_code from read_csv({path}, all_varchar = true)"
        )

    def text(self, column: str) -> str:
        """A landed column as staging reads a text."""
        return self.macros("typed_text", f"raw.{column}")

    def scope(self, identifier_type: str) -> str:
        """The brand or the controller of a row, as the identity graph scopes the type."""
        if self.types.is_of_controller(identifier_type):
            return f"coalesce(controller_id, '{UNKNOWN_CONTROLLER}')"
        return "brand_id"

    def marked(self, identifier_type: str, value: str) -> str:
        """The text of the mark of a value."""
        return f"'{identifier_type}|' || {self.scope(identifier_type)} || '|' || {value}"

    def landed_sql(self, feed: Feed, files: Sequence[str]) -> str:
        """Rows of files with brand, load date and a struct `raw` of texts."""
        zero_rows = self.project / "models/staging/zero_rows" / feed.name / ZERO_ROWS_PARTITION
        paths = ", ".join(quoted(glob.escape(str(path))) for path in [*files, zero_rows])
        return f"""
        select
            landed_file,
            file_row_number as row_number,
            landed_brand as brand_id,
            known_brands.controller_id,
            known_brands.country_code as brand_country_code,
            {self.macros("typed_date", "load_date_text")} as load_date,
            raw
        from (
            select
                _landing_file as landed_file,
                file_row_number,
                url_decode(regexp_extract(
                    _landing_file, '/brand=([^/]*)/load_date=[^/]*/[^/]*$', 1
                )) as landed_brand,
                url_decode(regexp_extract(
                    _landing_file, '/load_date=([^/]*)/[^/]*$', 1
                )) as load_date_text,
                {self.macros("struct_of_text", list(feed.column_names))} as raw
            from read_parquet(
                [{paths}], union_by_name = true, hive_partitioning = false,
                filename = '_landing_file', file_row_number = true
            )
        )
        left join known_brands on landed_brand = known_brands.brand_id
        """

    def rows_sql(self, feed: Feed, files: Sequence[str]) -> str:
        """One row per landed row: where it stands, its record, its moments, and a text a kind.

        Columns: landed_file, row_number, brand_id, record_id, happened_at, known_at, is_named,
        and `k_<kind>` for each kind of mark that the feed can have (see `kinds`).
        """
        named = set(feed.column_names)
        country = "brand_country_code"
        if feed.name == "contacts":
            code = self.macros("typed_code", "raw.country_code", 2)
            country = f"coalesce({code}, brand_country_code)"
        values: dict[str, str] = {}
        for column, kind in IDENTIFIERS.items():
            if column in named:
                text = self.text(column)
                if kind == "email":
                    text = self.macros("email_address", text)
                if kind == "phone":
                    text = self.macros("phone_e164", "raw.phone", country)
                values.setdefault(kind, text)
        if "email" in values:
            # The key names the address several times: it is made in the step after.
            values["email_address"] = values.pop("email")
        key = feed.key[-1] if len(feed.key) == 1 else None
        record = self.text(key) if key else "cast(null as varchar)"
        happened, known = self._moments(feed)
        read = ",\n".join(f"{text} as v_{kind}" for kind, text in values.items())
        if "identifier_value" in named:
            read += f"""{"," if read else ""}
            lower({self.text("identifier_type")}) as named_type,
            {self.text("identifier_value")} as named_value,
            {self.macros("email_address", self.text("identifier_value"))} as named_address,
            {self.macros("phone_e164", "raw.identifier_value", country)} as named_phone"""
        if feed.name == "contacts":
            read += f", {self.macros('given_name_key', self.text('first_name'))} as given_name"
        marks = self._marks(feed, values)
        told = [f"k_{kind} is not null" for kind in NAMING if kind in marks]
        columns = ",\n".join(f"{text} as k_{kind}" for kind, text in marks.items())
        return f"""
        with landed as ({self.landed_sql(feed, files)}),
        read as (
            select *, {record} as record_id, {happened} as happened_read, {known} as known_read,
            {read}
            from landed
        ),
        marked as (
            select
                landed_file, row_number, brand_id, record_id,
                {self.macros("plausible_time", "happened_read")} as happened_at,
                {self.macros("plausible_time", "known_read")} as known_at,
                {columns}
            from read
        )
        select *, {" or ".join(told) or "false"} as is_named from marked
        """

    def kinds(self, feed: Feed) -> dict[str, str]:
        """Column of `rows_sql` without its `k_`: the kind of mark on the list."""
        found = {IDENTIFIERS[name]: IDENTIFIERS[name] for name in IDENTIFIERS
                 if name in feed.column_names}  # fmt: skip
        if len(feed.key) == 1:
            found["record"] = f"record:{feed.name}"
        if "identifier_value" in feed.column_names:
            found |= {kind: kind for kind in NAMING}
        if feed.name == "contacts":
            found |= {f"person_{kind}": "person" for kind in SHARED}
        return found

    def _marks(self, feed: Feed, values: dict[str, str]) -> dict[str, str]:
        marks = {}
        for kind in values:
            if kind == "email_address":
                key = self.macros("email_key", "v_email_address")
                marks["email"] = self.marked("email", f"({key})")
            else:
                marks[kind] = self.marked(kind, f"v_{kind}")
        if len(feed.key) == 1:
            marks["record"] = "'record|' || brand_id || '|' || record_id"
        if "identifier_value" in feed.column_names:
            key = self.macros("email_key", "named_address")
            read = {"email": f"({key})", "phone": "named_phone"}
            for kind in NAMING:
                value = read.get(kind, "named_value")
                marks[kind] = f"case when named_type = '{kind}' then {self.marked(kind, value)} end"
        if feed.name == "contacts":
            for kind in SHARED:
                marks[f"person_{kind}"] = f"{marks[kind]} || '#' || given_name"
        return marks

    def _moments(self, feed: Feed) -> tuple[str, str]:
        """When what the row tells happened, and when its record was last known.

        The row of a contact tells of a relation that began when it was registered: a full dump
        writes `updated_at` anew, and is no new relation.
        """
        times = [column for column in feed.columns if column.data_type == "timestamp"]
        names = [column.name for column in times]
        required = [column.name for column in times if column.required]
        happened = [name for name in required if name != "updated_at"]
        first = (happened + [name for name in names if name == "updated_at"] + names + [""])[0]
        if feed.name == "contacts":
            first = "registered_at"
        last = "updated_at" if "updated_at" in names else first

        def read(name: str) -> str:
            if not name:
                return "cast(null as timestamp)"
            return self.macros("typed_timestamp", f"raw.{name}")

        return read(first), read(last)


def seed(project: Path, name: str) -> list[dict[str, str]]:
    """The rows of a seed. Raises CrossbrandError where there is none."""
    path = project / "seeds" / f"{name}.csv"
    if not path.is_file():
        raise CrossbrandError(f"There is no {path}. Is it the project's folder?")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]
