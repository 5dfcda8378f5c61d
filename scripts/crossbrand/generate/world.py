"""What all people share: the brands, the calendar, the loads and the random streams."""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from crossbrand.contract import Feed, load_contract
from crossbrand.errors import CrossbrandError
from crossbrand.generate.arrays import DAY, Floats, Ints, ints
from crossbrand.generate.assortment import Assortment, make_assortment
from crossbrand.generate.countries import Country, country_of

LAST_DATE = date(2025, 6, 30)
EPOCH = date(1970, 1, 1)

# The plans of mobile numbers hold three numbers for each of so many people.
MOST_PEOPLE = 5_000_000
MOST_DAYS = 3_650

BRAND_COLUMNS = (
    "brand_id",
    "brand_name",
    "controller_id",
    "country_code",
    "currency_code",
    "time_zone",
)


@dataclass(frozen=True)
class Brand:
    """A row of seeds/brands.csv. `style` tells how its systems write times."""

    index: int
    brand_id: str
    brand_name: str
    controller_id: str
    country: Country
    currency_code: str
    time_zone: str

    @property
    def style(self) -> int:
        """See arrays.instant_text."""
        return self.index % 3

    @property
    def site(self) -> str:
        """Address of the brand's shop."""
        return f"https://www.{self.brand_id.replace('_', '-')}.example"


def read_brands(project_dir: Path, count: int) -> tuple[Brand, ...]:
    """The first `count` brands of seeds/brands.csv.

    Raises CrossbrandError when the file is missing, lacks a column or has too few rows.
    """
    path = project_dir / "seeds" / "brands.csv"
    if not path.is_file():
        raise CrossbrandError(f"{path} is missing: list the brands there, one a row.")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for column in BRAND_COLUMNS:
        if not rows or column not in rows[0]:
            raise CrossbrandError(f"{path} has no column {column}, or no row.")
    if not 1 <= count <= len(rows):
        raise CrossbrandError(
            f"--brands {count}: {path} lists {len(rows)} brands. "
            f"Take 1 to {len(rows)}, or add a row for each further brand to that file."
        )
    return tuple(
        Brand(
            index=index,
            brand_id=row["brand_id"],
            brand_name=row["brand_name"],
            controller_id=row["controller_id"],
            country=country_of(row["country_code"]),
            currency_code=row["currency_code"],
            time_zone=row["time_zone"],
        )
        for index, row in enumerate(rows[:count])
    )


@dataclass(frozen=True)
class World:
    """Everything that does not depend on the people of a chunk. All days count from 1970-01-01."""

    people: int
    days: int
    seed: int
    brands: tuple[Brand, ...]
    contract: dict[str, Feed]
    assortments: tuple[Assortment, ...] = field(default=())

    @classmethod
    def make(cls, people: int, brands: int, days: int, seed: int, project_dir: Path) -> World:
        """Check the user's figures and read the project's seeds and contract."""
        for name, value, most in (
            ("people", people, MOST_PEOPLE),
            ("days", days, MOST_DAYS),
        ):
            if not 1 <= value <= most:
                raise CrossbrandError(f"--{name} {value}: take a number from 1 to {most:,}.")
        if seed < 0:
            raise CrossbrandError(f"--seed {seed}: take a number of 0 or more.")
        listed = read_brands(project_dir, brands)
        return cls(
            people=people,
            days=days,
            seed=seed,
            brands=listed,
            contract=load_contract(project_dir),
            assortments=tuple(
                make_assortment(brand.index, brand.currency_code) for brand in listed
            ),
        )

    def rng(self, component: str, *keys: int) -> np.random.Generator:
        """An independent stream for each component and chunk, the same on every machine."""
        entropy = [self.seed, zlib.crc32(component.encode()), *keys]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    @property
    def first_day(self) -> int:
        """First day of behaviour."""
        return self.last_day - self.days + 1

    @property
    def last_day(self) -> int:
        """Last day of behaviour, and of the loads."""
        return (LAST_DATE - EPOCH).days

    @property
    def start(self) -> int:
        """First moment of behaviour."""
        return self.first_day * DAY

    @property
    def end(self) -> int:
        """First moment after the behaviour."""
        return (self.last_day + 1) * DAY

    @property
    def years(self) -> float:
        """Length of the behaviour."""
        return self.days / 365

    @cached_property
    def load_days(self) -> Ints:
        """Load dates of the busy feeds: a back-load, then monthly, weekly, and daily at last.

        So there are few files, and the last weeks look like daily operation.
        """
        back = [*range(7), 7, 14, 21, 28, 58, 88, 118, 148, 178]
        return self._load_days(back)

    @cached_property
    def calm_load_days(self) -> Ints:
        """Load dates of the feeds with few rows."""
        return self._load_days([0, 5, 28, 148])

    def _load_days(self, back: list[int]) -> Ints:
        days = self.last_day - ints(back)
        return np.sort(days[days >= self.first_day])

    @cached_property
    def season(self) -> Floats:
        """Operational time at the start of each day: it runs faster before Christmas and on sales.

        Shape (days + 1,), from 0 to `days`.
        """
        day = np.arange(self.first_day, self.last_day + 1)
        day_of_year = ints(
            [(EPOCH + timedelta(days=int(number))).timetuple().tm_yday for number in day]
        )
        weight = 1 + 0.12 * np.cos((day_of_year - 15) / 365.25 * 2 * np.pi)
        weight = weight + np.where((day_of_year >= 324) & (day_of_year <= 354), 0.9, 0.0)
        weight = weight + np.where((day_of_year >= 2) & (day_of_year <= 24), 0.25, 0.0)
        weight = weight + np.where((day + 3) % 7 >= 5, 0.25, 0.0)
        passed = np.concatenate([[0.0], np.cumsum(weight)])
        return np.asarray(passed * (self.days / passed[-1]))

    def season_time(self, moment: Ints) -> Floats:
        """Operational days since the start at these moments."""
        grid = np.arange(self.days + 1, dtype=np.float64)
        return np.asarray(np.interp((moment - self.start) / DAY, grid, self.season))

    def moment_of(self, season_time: Floats) -> Ints:
        """The moments at which so many operational days have passed."""
        grid = np.arange(self.days + 1, dtype=np.float64)
        return ints(np.interp(season_time, self.season, grid) * DAY) + self.start

    @cached_property
    def _offsets(self) -> Ints:
        """Local offset in seconds, by brand and day. Shape (brands, days + 1)."""
        table = np.zeros((len(self.brands), self.days + 1), dtype=np.int64)
        for brand in self.brands:
            try:
                zone = ZoneInfo(brand.time_zone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise CrossbrandError(
                    f"seeds/brands.csv: {brand.time_zone!r}, the time_zone of {brand.brand_id}, "
                    "is not known. Use a name such as Europe/Prague."
                ) from error
            for number in range(self.days + 1):
                noon = datetime.combine(
                    EPOCH + timedelta(days=self.first_day + number), datetime.min.time()
                ).replace(hour=12, tzinfo=zone)
                offset = noon.utcoffset()
                table[brand.index, number] = 0 if offset is None else int(offset.total_seconds())
        return table

    def offset(self, brand: Ints, moment: Ints) -> Ints:
        """Seconds to add to UTC to have the brand's local time."""
        day = (moment // DAY - self.first_day).clip(0, self.days)
        return ints(self._offsets[brand, day])

    def local(self, rng: np.random.Generator, brand: Ints, moment: Ints, hours: str) -> Ints:
        """The moment's day with a new time of day, drawn from the local hours of an activity."""
        weights = HOURS[hours]
        edges = np.cumsum(weights) / np.sum(weights)
        hour = np.searchsorted(edges, rng.random(len(moment)), side="right").clip(0, 23)
        local = (moment // DAY) * DAY + hour * 3600 + rng.integers(0, 3600, len(moment))
        return np.asarray((local - self.offset(brand, moment)).clip(self.start, self.end - 1))


# Relative business of the hours 0 to 23, local time.
HOURS: dict[str, list[float]] = {
    "online": [3, 1, 1, 0.5, 0.5, 1, 2, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 8, 10, 12, 12, 9, 6],
    "store": [0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 6, 7, 7, 6, 7, 8, 9, 9, 7, 4, 1, 0, 0, 0],
    "office": [0, 0, 0, 0, 0, 0, 0, 1, 6, 8, 8, 7, 5, 7, 8, 7, 6, 3, 1, 0, 0, 0, 0, 0],
}
