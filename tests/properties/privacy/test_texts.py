"""What of a line that could not be read is theirs for certain, and what an officer looks at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossbrand.privacy.marks import SuppressionList
from crossbrand.privacy.rows import RowReader
from crossbrand.privacy.scan import scratch_database
from crossbrand.privacy.texts import TextSearch

from ..project_copy import PROJECT

MARKS = {
    "email": ["email|alder_group|ann@x.cz"],
    "phone": ["phone|alder_group|+420777123456"],
    "order_id": ["order_id|aster|110005678"],
    "contact_id": ["contact_id|aster|C10023"],
}
LINES = (
    ("Ann;Ann@x.cz;too;many", True, True),
    ("Ann;777 123 456;too", True, True),
    ("C10023;too;many", True, True),
    ("Ann;ann@x.cz;bob@x.cz", True, False),
    # An order of Ann's, and somebody's account number, or two short of a telephone number.
    ("Bob;110005678", True, False),
    ("Bob;110 005 678", False, False),
    ("Bob;bob@x.cz;C10023", True, False),
    ("Bob;C99999", False, False),
)


@pytest.mark.parametrize(("line", "is_found", "is_sure"), LINES)
def test_a_line_is_shown_where_it_is_theirs_for_certain(
    line: str, is_found: bool, is_sure: bool
) -> None:
    listed = SuppressionList.of(MARKS, datetime(2025, 1, 1, tzinfo=UTC))
    with scratch_database() as connection:
        search = TextSearch(RowReader(PROJECT), listed, connection)
        assert search.find([("aster", line)]) == [is_found]
        assert (is_found and search.is_surely([("aster", line)]) == [True]) == is_sure
