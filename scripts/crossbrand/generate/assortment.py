"""What a brand sells, derived from its place in the list of brands, and at what prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossbrand.generate.arrays import Flags, Ints, ints

STYLES_PER_CATEGORY = 8

# How much one euro's worth of goods costs, roughly; 1 where a currency is not listed.
PRICE_LEVEL = {
    "CZK": 25.0, "PLN": 4.3, "HUF": 390.0, "EUR": 1.0, "USD": 1.1, "GBP": 0.86, "RON": 5.0,
    "CHF": 0.95, "SEK": 11.3, "DKK": 7.5, "NOK": 11.6, "BGN": 1.96,
}  # fmt: skip

_LETTERS = ("XS", "S", "M", "L", "XL")
_SHOES = ("37", "39", "41", "43", "45")
_ONE = ("one size",)
_BASIC = ("black", "white", "blue", "beige")
_BRIGHT = ("red", "green", "blue", "grey")
_SOFT = ("rose", "natural", "sand", "clear")


@dataclass(frozen=True)
class _Line:
    """A category: name, typical price in euro, kinds of goods, colours, sizes."""

    category: str
    price: float
    kinds: tuple[str, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]


_RANGES: tuple[tuple[tuple[str, ...], tuple[_Line, ...]], ...] = (
    (
        ("Linden & Vane", "Marlow", "Own Label"),
        (
            _Line("dresses", 55, ("summer dress", "evening dress"), _BASIC, _LETTERS),
            _Line("tops", 22, ("t-shirt", "blouse", "shirt"), _BASIC, _LETTERS),
            _Line("trousers", 42, ("jeans", "chinos"), _BASIC, _LETTERS),
            _Line("outerwear", 95, ("jacket", "coat"), _BASIC, _LETTERS),
            _Line("shoes", 68, ("sneakers", "boots"), _BASIC, _SHOES),
            _Line("accessories", 18, ("scarf", "belt", "bag"), _BASIC, _ONE),
        ),
    ),
    (
        ("Northfell", "Tarn", "Own Label"),
        (
            _Line("hiking", 85, ("backpack", "poles"), _BRIGHT, _ONE),
            _Line("jackets", 120, ("shell jacket", "fleece"), _BRIGHT, _LETTERS),
            _Line("footwear", 105, ("hiking boots", "trail shoes"), _BRIGHT, _SHOES),
            _Line("camping", 64, ("tent", "sleeping bag", "stove"), _BRIGHT, _ONE),
            _Line("cycling", 48, ("jersey", "helmet"), _BRIGHT, _LETTERS),
            _Line("climbing", 58, ("harness", "rope"), _BRIGHT, _ONE),
        ),
    ),
    (
        ("Hearth", "Oak & Loom", "Own Label"),
        (
            _Line("kitchen", 28, ("pan", "knife", "bowl"), _SOFT, _ONE),
            _Line("bedroom", 46, ("duvet cover", "pillow"), _SOFT, ("140x200", "200x220")),
            _Line("living_room", 120, ("armchair", "side table"), _SOFT, _ONE),
            _Line("lighting", 52, ("lamp", "pendant"), _BASIC, _ONE),
            _Line("bathroom", 19, ("towel", "mat"), _SOFT, ("small", "large")),
            _Line("garden", 74, ("planter", "lounger"), _BRIGHT, _ONE),
        ),
    ),
    (
        ("Fleur", "Pure Lab", "Own Label"),
        (
            _Line("skincare", 24, ("day cream", "serum", "cleanser"), _SOFT, ("30 ml", "50 ml")),
            _Line("makeup", 15, ("lipstick", "mascara"), ("red", "nude", "plum", "black"), _ONE),
            _Line("fragrance", 58, ("eau de parfum", "cologne"), _SOFT, ("30 ml", "100 ml")),
            _Line("hair", 13, ("shampoo", "mask"), _SOFT, ("250 ml", "500 ml")),
            _Line("body", 11, ("lotion", "scrub"), _SOFT, ("200 ml", "400 ml")),
            _Line("supplements", 20, ("vitamin C", "collagen"), _SOFT, _ONE),
        ),
    ),
    (
        ("Voltra", "Kestrel", "Own Label"),
        (
            _Line("phones", 320, ("phone", "case"), _BASIC, ("64 GB", "128 GB")),
            _Line("audio", 85, ("headphones", "speaker"), _BASIC, _ONE),
            _Line("computers", 640, ("laptop", "monitor"), ("black", "silver"), _ONE),
            _Line("small_appliances", 70, ("kettle", "toaster", "mixer"), _BASIC, _ONE),
            _Line("gaming", 45, ("controller", "game"), _BRIGHT, _ONE),
        ),
    ),
    (
        ("Paper Owl", "Meadow Press", "Own Label"),
        (
            _Line("fiction", 14, ("novel", "short stories"), _BASIC, ("paperback", "hardback")),
            _Line("children", 12, ("picture book", "puzzle"), _BRIGHT, _ONE),
            _Line("toys", 25, ("building set", "doll"), _BRIGHT, _ONE),
            _Line("stationery", 8, ("notebook", "pen"), _BASIC, _ONE),
            _Line("games", 30, ("board game", "card game"), _BRIGHT, _ONE),
        ),
    ),
)

_COLLECTIONS = ("classic", "essentials", "studio", "limited")
_SEASONS = ("spring/summer", "autumn/winter", "all year")


@dataclass(frozen=True)
class Assortment:
    """Products of a brand, numbered category by category. Arrays have one entry a product."""

    categories: tuple[str, ...]
    product_ids: tuple[str, ...]
    names: tuple[str, ...]
    category: Ints
    subcategories: tuple[str, ...]
    makers: tuple[str, ...]
    collections: tuple[str, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]
    seasons: tuple[str, ...]
    first_price: Ints
    second_price: Ints
    category_start: Ints
    color_count: Ints
    size_count: Ints

    def product(self, category: Ints, style: Ints, color: Ints, size: Ints) -> Ints:
        """Numbers of the products; colour and size wrap around where a category has fewer."""
        colors, sizes = self.color_count[category], self.size_count[category]
        return ints(
            self.category_start[category] + (style * colors + color % colors) * sizes + size % sizes
        )

    def price(self, product: Ints, is_after_change: Flags) -> Ints:
        """List price in hundredths; prices change once, at different times."""
        return np.where(is_after_change, self.second_price[product], self.first_price[product])


def price_level(currency_code: str) -> float:
    """What one euro's worth costs in the currency."""
    return PRICE_LEVEL.get(currency_code, 1.0)


def round_price(price: float, currency_code: str) -> int:
    """The price in hundredths, with the ending that shops of the currency like."""
    level = price_level(currency_code)
    if level >= 100:
        return max(1, round(price / 100)) * 10_000 - 1_000
    if level >= 10:
        return max(1, round(price / 10)) * 1_000 - 100
    return max(1, round(price)) * 100 - 1


def make_assortment(brand_index: int, currency_code: str) -> Assortment:
    """The products of the brand at this place in the list, the same in every run."""
    makers, lines = _RANGES[brand_index % len(_RANGES)]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([7_919, brand_index])))
    level = price_level(currency_code)
    rows: list[tuple[str, int, str, str, str, str, str, str, int, int]] = []
    starts = []
    for number, line in enumerate(lines):
        starts.append(len(rows))
        for style in range(STYLES_PER_CATEGORY):
            kind = line.kinds[style % len(line.kinds)]
            maker = makers[int(rng.integers(len(makers)))]
            collection = _COLLECTIONS[int(rng.integers(len(_COLLECTIONS)))]
            season = _SEASONS[int(rng.integers(len(_SEASONS)))]
            price = line.price * float(rng.uniform(0.6, 1.7)) * level
            later = price * (float(rng.uniform(1.02, 1.12)) if rng.random() < 0.4 else 1.0)
            rows.extend(
                (
                    f"{maker} {kind} {style + 1:02d} {color} {size}".replace(" one size", ""),
                    number, kind, maker, collection, color, size, season,
                    round_price(price, currency_code), round_price(later, currency_code),
                )
                for color in line.colors
                for size in line.sizes
            )  # fmt: skip
    columns = list(zip(*rows, strict=True))
    return Assortment(
        categories=tuple(line.category for line in lines),
        # The same article number means other goods at another brand, as in life.
        product_ids=tuple(str(10_000 + 7 * number) for number in range(len(rows))),
        names=columns[0],
        category=ints(columns[1]),
        subcategories=columns[2],
        makers=columns[3],
        collections=columns[4],
        colors=columns[5],
        sizes=columns[6],
        seasons=columns[7],
        first_price=ints(columns[8]),
        second_price=ints(columns[9]),
        category_start=ints(starts),
        color_count=ints([len(line.colors) for line in lines]),
        size_count=ints([len(line.sizes) for line in lines]),
    )
