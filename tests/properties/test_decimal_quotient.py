"""The quotient of the marts against Python's decimals: ties, signs, zero divisors, any scale."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import jinja2

MACRO = Path(__file__).resolve().parents[2] / "macros" / "value" / "decimal_quotient.sql"


def test_quotients_are_exact() -> None:
    """Every second case is a tie or a hair beside one, where floating point goes astray."""
    module = jinja2.Environment().from_string(MACRO.read_text(encoding="utf-8")).module
    rng = random.Random(5)
    with duckdb.connect() as connection:
        for digits, divisor_digits in ((1, 0), (2, 0), (4, 0), (6, 0), (4, 2), (6, 2)):
            # The numerator has two decimals like money, or as many as the result where it has less.
            places = min(2, digits)
            pairs = [(Decimal("10.05").quantize(Decimal(1).scaleb(-places)), Decimal(10))]
            for _ in range(2000):
                divisor = Decimal(rng.randint(1, 9_000)).scaleb(-divisor_digits)
                if rng.random() < 0.5:
                    half = Decimal(rng.randint(0, 10**6) * 10 + 5).scaleb(-digits - 1)
                    numerator = (half * divisor).quantize(Decimal(1).scaleb(-places))
                else:
                    numerator = Decimal(rng.randint(0, 10**8)).scaleb(-places)
                pairs.append((rng.choice([numerator, -numerator]), divisor))
            connection.execute(
                f"create or replace table pairs "
                f"(numerator decimal(18, {places}), divisor decimal(18, {divisor_digits}))"
            )
            columns = [[str(pair[side]) for pair in pairs] for side in (0, 1)]
            connection.execute("insert into pairs select unnest(?), unnest(?)", columns)
            expression = module.decimal_quotient(  # type: ignore[attr-defined]
                "numerator", "divisor", digits, divisor_digits
            )
            found = connection.execute(
                f"select numerator, divisor, {expression} from pairs"
            ).fetchall()
            for numerator, divisor, quotient in found:
                exact = numerator / divisor
                assert quotient == exact.quantize(
                    Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP
                ), (numerator, divisor)
        nothing = module.decimal_quotient("1", "0", 2)  # type: ignore[attr-defined]
        assert connection.execute(f"select {nothing}").fetchone() == (None,)
