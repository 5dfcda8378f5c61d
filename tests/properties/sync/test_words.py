"""A platform repeats what it was told when it refuses it; nothing of that is kept."""

from __future__ import annotations

import json
import sqlite3

import pytest

from crossbrand.sync.answers import WORDS, kept

from .activation import Stage, World, profile
from .conftest import Sync
from .server import Platform

ROW = {"first_name": "Zoë", "last_name": "Nováková Łoś", "home": {"city": "Brno"}, "short": "Li",
       "born": "1980-02-03", "points": 1234, "street": "Straße"}  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "Zoë is no name", "ZOË", "zoë", "Nováková Łoś", "NOVÁKOVÁ", "name=Nov%C3%A1kov%C3%A1",
        "Nov%c3%a1kov%c3%a1+%C5%81o%C5%9B", r'{"last": "Nov\u00e1kov\u00e1"}', "STRASSE", "Li!",
        "city Brno", "1980-02-03 is no date", "1234 points", "Mr. (Li)", "straße",
    ],
)  # fmt: skip
def test_no_value_is_kept_in_any_spelling(words: str) -> None:
    cleaned = kept(f"refused: {words}", [ROW])
    assert cleaned.startswith("refused: ")
    assert "<value>" in cleaned or "<number>" in cleaned
    for part in ("zo", "nov", "łoś", "%c5", "brno", "stra", "1980", "1234", "li"):
        assert part not in cleaned.removeprefix("refused: ").replace("<value>", "").lower()


def test_words_that_hold_no_value_stay_and_are_short() -> None:
    assert kept("the line is too long", [{"n": "Li"}]) == "the line is too long"
    assert len(kept("x y " * 10_000, [ROW])) <= WORDS
    # A value that the cut goes through is not kept in half.
    assert "Nov" not in kept("a" * 490 + " Nováková", [ROW])
    assert "Nov" not in kept("ab " * 6_665 + "Nováková", [ROW])[-20:]


@pytest.mark.parametrize("status", ["422", "500", "401"])
def test_what_is_said_of_a_whole_batch_is_cleaned(status: str, stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1, first_name="Bořivoj", last_name="Skřivánek")]))

    class Talkative(Platform):
        def _webhook(self, *_given: object) -> tuple[int, dict[str, str]]:
            return int(status), {"message": "no BOŘIVOJ Sk%C5%99iv%C3%A1nek here"}

    with Talkative("webhook") as platform:
        code, report = sync(platform, attempts=1)
        assert code in (1, 2)
    with sqlite3.connect(stage.state) as connection:
        text = "\n".join(connection.iterdump()) + json.dumps(report, ensure_ascii=False)
    for part in ("ořivoj", "OŘIVOJ", "0158IVOJ", "ivánek", "iv%C3"):
        assert part not in text
    assert "here" in text
