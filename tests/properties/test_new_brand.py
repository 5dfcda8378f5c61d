"""Adding a brand is a seed row and a folder: a fifth brand with two feeds builds without a change.

The sample of the four brands lies beside it, so that the new one is seen to join them and not to
replace them. What must come out is worked by hand from the rows below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand import cli

from .conftest import Copy

# Columns that the brand does not have are simply not there: no birth date, no address, no device.
CONTACTS = """
contact_id,source_system,email,phone,first_name,last_name,updated_at
c1,eshop,greta@example.de,0151 40293817,Greta,Krüger,2025-03-05T10:00:00+01:00
c2,newsletter,Greta+News@Example.DE,,,,2025-03-06 08:00:00
c3,eshop,otto@example.de,,Otto,Lange,1741593600
c3,eshop,old@example.de,,Otto,Lange,2025-01-01 00:00:00
,eshop,nobody@example.de,,No,Key,2025-03-05 10:00:00
"""

# Greta by contact, by e-mail in another spelling and by phone; Otto; and somebody unknown.
ORDERS = """
order_id,ordered_at,status,sales_channel,contact_id,email,phone,currency_code,total_amount,is_test,updated_at
o1,2025-03-07 09:00:00,completed,eshop,c1,,,EUR,"100,50",,2025-03-07 09:00:00
o2,2025-03-08 09:00:00,paid,eshop,,GRETA@example.de,,EUR,49.50,false,2025-03-08 09:00:00
o3,2025-03-09 09:00:00,completed,store,,,+49 151 40293817,EUR,20,,2025-03-09 09:00:00
o4,2025-03-09 10:00:00,cancelled,eshop,c3,,,EUR,500,,2025-03-09 10:00:00
o5,2025-03-09 11:00:00,paid,eshop,c3,,,EUR,10,true,2025-03-09 11:00:00
o6,2025-03-10 11:00:00,paid,eshop,c3,,,EUR,30,,2025-03-10 11:00:00
o7,2025-03-10 12:00:00,paid,store,,,,EUR,7,,2025-03-10 12:00:00
o8,2025-03-10 12:30:00,paid,store,c3,,,EUR,,,2025-03-10 12:30:00
"""
REPEATED = "\n".join([ORDERS.strip().splitlines()[0], ORDERS.strip().splitlines()[6]])


def test_a_fifth_brand_with_two_feeds(copy_project: Callable[[], Copy], project: Path) -> None:
    copy = copy_project()
    sample = ["--people", "120", "--brands", "4", "--days", "60", "--seed", "11"]
    assert cli.main(["generate", *sample, "--out", str(copy.project / "sample")]) == 0
    with (copy.project / "seeds" / "brands.csv").open("a", encoding="utf-8") as seed:
        seed.write("elm,Elm Books,elm_verlag,DE,EUR,Europe/Berlin\n")
    deliver(copy.landing, "contacts", "2025-03-11", CONTACTS)
    deliver(copy.landing, "orders", "2025-03-11", ORDERS)
    deliver(copy.landing, "orders", "2025-03-12", REPEATED)

    # A unit test brings its own rows: the new brand's are nothing to it.
    outcome = copy.build("--exclude-resource-type", "unit_test")

    assert outcome.counts["test"] > 100, "the data tests ran on it as well"
    customers = copy.query(
        """
        select first_name, contact_count, order_count, gross_amount::varchar
        from marts.customer_brand_360 where brand_id = 'elm' order by first_name
        """
    )
    assert customers == [("Greta", 2, 3, "170.00"), ("Otto", 1, 1, "30.00")]
    assert copy.query(
        "select record_id from marts.customer_records "
        "where brand_id = 'elm' and feed = 'orders' and customer_id is null"
    ) == [("o7",)]
    assert copy.query(
        "select sum(total_amount)::varchar, count(*) from intermediate.int_transaction__orders "
        "where brand_id = 'elm' and is_counted"
    ) == [("207.00", 5)], "the sale to a stranger counts in the brand's totals"
    assert copy.query(
        "select feed, reason_code, column_name from marts.rejected_records "
        "where brand_id = 'elm' order by feed"
    ) == [("contacts", "missing_value", "contact_id"), ("orders", "missing_value", "total_amount")]
    assert copy.query(
        "select email from marts.customer_brand_360 where brand_id = 'elm' and first_name = 'Otto'"
    ) == [("otto@example.de",)], "the older version arrived last and must not win"
    [question] = re.findall(
        r"```sql\n(.*?)```", (project / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert copy.query(question), "the question that the README asks has an answer on any build"
    everybody = copy.query("select count(distinct brand_id) from marts.customer_brand_360")
    assert everybody == [(5,)]


def deliver(landing: Path, feed: str, load_date: str, text: str) -> None:
    """Write comma-separated text as a Parquet file of strings, the way a loader delivers it."""
    lines = [row_of(line) for line in text.strip().splitlines()]
    columns = {
        name: pa.array([line[n] or None for line in lines[1:]], pa.string())
        for n, name in enumerate(lines[0])
    }
    path = landing / feed / "brand=elm" / f"load_date={load_date}" / "delivery.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path)


def row_of(line: str) -> list[str]:
    """The fields of one line; a field in quotes may hold a comma."""
    fields = line.replace('"100,50"', "100;50").split(",")
    return [field.replace(";", ",") for field in fields]
