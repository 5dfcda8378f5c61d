"""The products feed: each brand's assortment, with a second version where a price changed."""

from __future__ import annotations

import numpy as np

from crossbrand.generate.arrays import DAY, coded, ints, money_text, take, texts
from crossbrand.generate.delivery import Frame
from crossbrand.generate.orders import price_change
from crossbrand.generate.world import World


def product_frames(world: World) -> list[Frame]:
    """Every product at the start, and again when its price changes; one frame a brand."""
    frames = []
    for brand, goods in zip(world.brands, world.assortments, strict=True):
        count = len(goods.product_ids)
        moment = price_change(world.start, world.days, np.arange(count))
        changes = (goods.first_price != goods.second_price) & (moment < world.end)
        changed = ints(np.flatnonzero(changes))
        product = np.concatenate([np.arange(count), changed])
        is_new = np.arange(len(product)) >= count
        updated = np.where(is_new, moment[product], world.start - 30 * DAY)
        frames.append(
            Frame(
                "products",
                brand.index,
                {
                    "product_id": take(texts(goods.product_ids), product),
                    "product_name": take(texts(goods.names), product),
                    "category": coded(goods.categories, goods.category[product]),
                    "subcategory": take(texts(goods.subcategories), product),
                    "product_brand": take(texts(goods.makers), product),
                    "collection": take(texts(goods.collections), product),
                    "color": take(texts(goods.colors), product),
                    "size": take(texts(goods.sizes), product),
                    "season": take(texts(goods.seasons), product),
                    "list_price": money_text(goods.price(product, is_new)),
                    "currency_code": texts([brand.currency_code] * len(product)),
                },
                {"updated_at": updated},
                updated,
            )
        )
    return frames
