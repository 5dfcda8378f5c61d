"""What a run tells whoever started it: the report, as JSON and as a table."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crossbrand.sync.consent import Unplaced
from crossbrand.sync.delivery import Tally


@dataclass
class Report:
    """How a run went; `to_dict` is what `--json` prints and sync_runs keeps."""

    run_id: str
    destination: str
    stream: str
    mode: str
    generation_id: str
    is_dry: bool
    status: str = "running"
    due: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    stopped: str | None = None
    """Why only decisions of people and erasures were sent."""

    is_state_old: bool = False
    """The state knows nothing of the last sync: it is lost, or an older copy of itself."""

    newer_files: int = 0
    unplaced: Unplaced = field(default_factory=Unplaced)
    seconds: float = 0.0
    rows_per_second: float = 0.0
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was due has been taken."""
        if self.stopped:
            return False
        return self.is_dry or not (self.tally.rejected or self.tally.undelivered)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        tally = self.tally
        return {
            "run_id": self.run_id,
            "destination": self.destination,
            "stream": self.stream,
            "mode": self.mode,
            "generation_id": self.generation_id,
            "status": self.status,
            "due": dict(sorted(self.due.items())),
            "sent": sum(tally.sent.values()),
            "sent_by_operation": dict(sorted(tally.sent.items())),
            "rejected": tally.rejected,
            "rejected_because": dict(tally.words.most_common(20)),
            "undelivered": tally.undelivered,
            "withheld": tally.withheld,
            "trouble": tally.trouble,
            "stopped": self.stopped,
            "skipped": dict(sorted(self.skipped.items())),
            "is_state_old": self.is_state_old,
            "newer_consent_files": self.newer_files,
            "newer_decisions_without_a_name": self.unplaced.nameless,
            "newer_decisions_of_strangers": self.unplaced.strangers,
            "requests": tally.requests,
            "seconds": self.seconds,
            "rows_per_second": self.rows_per_second,
            "examples": self.examples,
        }


def masked(value: Any) -> Any:
    """The form of a value and not the value: letters become a, digits 9; true and null stay."""
    if isinstance(value, dict):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    return "".join(
        "9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in str(value)
    )


SENTENCES = {
    "unchanged": "as they were last told",
    "no_consent": "no consent",
    "suspect": "suspect: perhaps two people",
    "newer_withdrawal": "withdrawn or restricted since the build",
    "no_address": "no address that the platform needs",
    "held_out": "held out of the audience",
    "erased": "erased",
    "rejected_earlier": "refused earlier, not yet to be tried again",
    "given_up": "refused too often (--retry-given-up)",
    "over_limit": "over --limit",
}


def print_report(report: Report, console: Console) -> None:
    """The report as a table."""
    tally = report.tally
    title = (
        f"{report.destination}, {report.stream}, {report.mode}, generation {report.generation_id}"
    )
    console.print(Text(title, style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    for operation, count in sorted(report.due.items()):
        if report.is_dry:
            table.add_row(f"{count:,}", f"{operation} would be sent")
        else:
            table.add_row(f"{tally.sent[operation]:,}", f"{operation} sent, of {count:,} due")
    if tally.rejected:
        table.add_row(f"{tally.rejected:,}", "rejected, and kept to be tried again")
    if tally.undelivered:
        table.add_row(f"{tally.undelivered:,}", "not answered; the next run sends them again")
    if tally.withheld:
        table.add_row(f"{tally.withheld:,}", "withheld: no longer to be told when their turn came")
    for reason, sentence in SENTENCES.items():
        if report.skipped[reason]:
            table.add_row(f"{report.skipped[reason]:,}", f"skipped: {sentence}")
    console.print(table)
    for words, count in tally.words.most_common(5):
        console.print(Text(f"  {count:,} × {words}", style="yellow"), soft_wrap=True)
    if report.is_state_old:
        words = (
            "The state knows nothing of the last sync: it was lost, or is an older copy. Everybody "
            "is told of once more, no channel is opened by force by a grant of before now, and who "
            "was told of after that copy was made and has left since cannot be taken back."
        )
        console.print(Text(words, style="yellow"), soft_wrap=True)
    if report.stopped:
        table_note = f"stopped: {report.stopped} Only decisions of people and erasures were sent."
        console.print(Text(table_note, style="yellow"), soft_wrap=True)
    if tally.trouble:
        console.print(Text(f"  {tally.trouble}", style="yellow"), soft_wrap=True)
    for count, words in (
        (report.unplaced.nameless, "name nobody that can be read; look at them."),
        (report.unplaced.strangers, "name somebody that nothing here is known of."),
    ):
        if count:
            console.print(Text(f"{count} newer decisions {words}", style="yellow"))
    for example in report.examples:
        console.print(json.dumps(example, ensure_ascii=False), soft_wrap=True)
    if not report.is_dry:
        console.print(
            f"{sum(tally.sent.values()):,} changes in {tally.requests:,} requests, "
            f"{report.rows_per_second:,.0f} a second; run {report.run_id}: {report.status}"
        )
