"""Writes the landing and the brands of the independent tests, for builds that pytest does not run.

`python -m tests.properties.independent.deliver LANDING BRANDS_CSV`
"""

from __future__ import annotations

import sys
from pathlib import Path

from crossbrand.contract import load_contract

from .crowd import Crowd
from .stories import stories
from .world import Landing, Phones, ledger, write_brands

PROJECT = Path(__file__).resolve().parents[3]


def main(arguments: list[str]) -> int:
    """Deliver everything that the stories, the ledger and the crowd tell."""
    if len(arguments) != 2:
        print("usage: … deliver LANDING BRANDS_CSV", file=sys.stderr)
        return 2
    landing, phones = Landing(), Phones()
    stories(landing, phones)
    ledger(landing, phones)
    Crowd(landing, phones, seed=20260630, size=300).tell()
    contract = {
        feed.name: {column.name: column.data_type for column in feed.columns}
        for feed in load_contract(PROJECT).values()
    }
    count = landing.write(Path(arguments[0]), contract)
    write_brands(Path(arguments[1]))
    print(f"{count} rows of stories delivered to {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
