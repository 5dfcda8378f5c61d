"""When people buy: Poisson purchases at each person's own rate, until they drop out.

The process is that of Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way": rates
are gamma distributed over people, and after each purchase a person drops out with a probability
that is beta distributed over people. It runs in operational time, which the season bends, see
World.season.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossbrand.generate.arrays import MISSING, Floats, Ints, chance, full, ints
from crossbrand.generate.people import Chunk

BUYER_SHARE = 0.78
RATE_SHAPE = 0.9
RATE_PER_YEAR = 3.2
DROPOUT_ALPHA, DROPOUT_BETA = 0.8, 2.4


@dataclass
class Purchases:
    """`relation` and `moment` have one entry a purchase, the others one a relation.

    `rate` is purchases per operational day, 0 for who never buys; `dropped_at` is the moment of the
    purchase after which the person dropped out, MISSING where none did.
    """

    relation: Ints
    moment: Ints
    rate: Floats
    dropout: Floats
    dropped_at: Ints


def make_purchases(chunk: Chunk) -> Purchases:
    """Draw all purchases of the chunk's relations, ordered by relation and time."""
    rng = chunk.rng("purchases")
    world, relations = chunk.world, chunk.relations
    count = len(relations)
    buyer = chance(rng, BUYER_SHARE, count)
    scale = RATE_PER_YEAR / RATE_SHAPE / 365
    # A floor keeps the longest waits representable; it is once in a hundred years.
    rate = np.where(buyer, rng.gamma(RATE_SHAPE, scale, count).clip(1 / 36_500, 0.5), 0.0)
    dropout = rng.beta(DROPOUT_ALPHA, DROPOUT_BETA, count)
    dropped_at = full(count, MISSING)

    joined = world.season_time(np.maximum(relations.joined, world.start))
    # New customers come in order to buy; old ones are somewhere between two purchases.
    wait = np.where(
        relations.is_old,
        rng.exponential(1.0, count) / np.maximum(rate, 1e-9),
        rng.exponential(3.0, count),
    )
    time = joined + wait
    alive = np.flatnonzero(buyer & (time < world.days))
    who: list[Ints] = []
    when: list[Floats] = []
    while len(alive):
        who.append(ints(alive))
        when.append(time[alive])
        leaves = chance(rng, dropout[alive], len(alive))
        dropped_at[alive[leaves]] = world.moment_of(time[alive[leaves]])
        alive = alive[~leaves]
        time[alive] += rng.exponential(1.0, len(alive)) / rate[alive]
        alive = alive[time[alive] < world.days]
    relation = np.concatenate([*who, full(0)])
    moment = world.moment_of(np.concatenate([*when, np.zeros(0)]))
    order = np.lexsort((moment, relation))
    return Purchases(relation[order], moment[order], rate, dropout, dropped_at)
