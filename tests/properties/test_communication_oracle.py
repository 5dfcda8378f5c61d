"""Contactability, pressure, affinity, campaigns and the service desk, counted in plain Python."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.properties.built_sample import DAY, Facts, Key, Row, half_up, load_facts, median


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The sample's facts, read once."""
    return load_facts(tmp_path_factory)


def email_key(address: str) -> str:
    """Cut the tag, and at Gmail the dots."""
    local, domain = address.rsplit("@", 1)
    local = local.split("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def known_brands(facts: Facts) -> set[Key]:
    """Customers and the brands that have any record, session or message of theirs."""
    pairs = {(customer, key[0]) for key, customer in facts.record_owner.items()}
    pairs |= {(customer, key[0]) for key, customer in facts.message_owner.items()}
    for row in facts.rows("intermediate.int_identity__session_customers"):
        pairs.add((row["customer_id"], row["brand_id"]))
    return pairs


def is_near(found: Decimal | None, expected: Decimal | None) -> bool:
    """Whether a time is right to its last digit, where a tie may fall either way."""
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= Decimal("0.0050001")


# Contactability


def expected_consents(facts: Facts) -> dict[tuple[str, str, str], tuple[bool, dt.datetime]]:
    """Whether marketing is granted, by customer, brand and channel, and when it was decided."""
    channels = [row["channel"] for row in facts.rows("reference.channels")]
    sets = {
        (row["brand_id"], row["record_id"]): row["identifier_set_id"]
        for row in facts.rows("intermediate.int_identity__records")
        if row["feed"] == "consent_events"
    }
    nodes: dict[int, list[int]] = defaultdict(list)
    for row in facts.rows("intermediate.int_identity__nodes"):
        nodes[row["identifier_set_id"]].append(row["node_id"])
    owner = {
        row["node_id"]: row["customer_id"]
        for row in facts.rows("intermediate.int_identity__customer_nodes")
    }
    said: dict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for event in facts.rows("staging.stg_privacy__consent_events"):
        if event["purpose"] != "marketing" or event["decided_at"] > facts.as_of:
            continue
        for node in nodes[sets[event["brand_id"], event["consent_event_id"]]]:
            for channel in [event["channel"]] if event["channel"] else channels:
                said[node, event["brand_id"], channel].append(event)
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for (node, brand, channel), events in said.items():
        if node not in owner:
            continue
        newest = max(event["decided_at"] for event in events)
        last = [event for event in events if event["decided_at"] == newest]
        # Said both in one moment, no is what was said.
        verdict = "withdrawn" if any(e["decision"] == "withdrawn" for e in last) else "granted"
        found[owner[node], brand, channel].append({"verdict": verdict, "at": newest})
    return {
        key: (all(word["verdict"] == "granted" for word in words), max(w["at"] for w in words))
        for key, words in found.items()
    }


def expected_restrictions(facts: Facts) -> set[Key]:
    """Customers and controllers that were asked to leave them alone."""
    scopes = {
        row["identifier_type"]: row["scope"] for row in facts.rows("reference.identifier_types")
    }
    owner = {
        row["identifier_set_id"]: row["customer_id"]
        for row in facts.rows("intermediate.int_identity__set_customers")
    }
    placeholder = {
        row["identifier_id"]
        for row in facts.rows("intermediate.int_identity__identifiers")
        if row["unusable_reason"] == "placeholder"
    }
    seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in facts.rows("intermediate.int_identity__observations"):
        if row["identifier_set_id"] in owner and row["identifier_id"] not in placeholder:
            key = (row["identifier_type"], row["scope_id"], row["identifier_value"])
            seen[key].add(owner[row["identifier_set_id"]])
    found = set()
    for request in facts.rows("staging.stg_privacy__privacy_requests"):
        if request["request_type"] == "access" or request["requested_at"] > facts.as_of:
            continue
        controller = facts.brands[request["brand_id"]]["controller_id"]
        is_shared = scopes[request["identifier_type"]] == "controller"
        scope = controller if is_shared else request["brand_id"]
        for customer in seen[request["identifier_type"], scope, request["identifier_value"]]:
            found.add((customer, controller))
    return found


def expected_addresses(facts: Facts) -> dict[tuple[str, str, str], str | None]:
    """The address by customer, brand and kind; None for kinds where any will do."""
    usable = {
        (row["identifier_type"], row["scope_id"], row["identifier_value"])
        for row in facts.rows("intermediate.int_identity__identifiers")
        if row["is_usable"]
    }

    def is_usable(kind: str, brand: str, value: str) -> bool:
        controller = facts.brands[brand]["controller_id"]
        return (kind, brand, value) in usable or (kind, controller, value) in usable

    found: dict[tuple[str, str, str], str | None] = {}
    for row in facts.rows("intermediate.int_customer__brand_profiles"):
        customer, brand = row["customer_id"], row["brand_id"]
        if row["street"]:
            found[customer, brand, "street"] = None
        for kind, value in (
            ("email", email_key(row["email"]) if row["email"] else None),
            ("phone", row["phone"]),
        ):
            if value and is_usable(kind, brand, value):
                found[customer, brand, kind] = value
    latest: dict[tuple[str, str, str], list[tuple[float, str]]] = defaultdict(list)
    for row in facts.rows("intermediate.int_identity__records"):
        owner = facts.record_owner.get((row["brand_id"], row["feed"], row["record_id"]))
        if row["feed"] == "contacts" or not owner:
            continue
        for kind, value in (("email", row["email_key"]), ("phone", row["phone"])):
            if value and is_usable(kind, row["brand_id"], value):
                age = (facts.as_of - row["last_seen_at"]).total_seconds()
                latest[owner, row["brand_id"], kind].append((age, value))
    for key, candidates in latest.items():
        found.setdefault(key, min(candidates)[1])
    for row in facts.rows("intermediate.int_engagement__sessions"):
        owner = facts.session_owner.get(row["session_id"])
        if owner and row["device_id"]:
            kind = "app_device" if row["platform"] in ("ios", "android") else "web_device"
            found[owner, row["brand_id"], kind] = None
    for message, own in facts.message_events.items():
        owner = facts.message_owner.get(message)
        channel = own[0]["channel"]
        has_device = any(event["device_id"] for event in own)
        if owner and has_device and channel in ("web_push", "app_push", "chat"):
            kind = "app_device" if channel == "app_push" else "web_device"
            found[owner, message[0], kind] = None
    return found


def test_contactability_is_what_the_events_say(facts: Facts) -> None:
    """Each customer, brand and channel: may it be written to, and why not."""
    channels = {row["channel"]: row["is_addressed_by"] for row in facts.rows("reference.channels")}
    consents = expected_consents(facts)
    restricted = expected_restrictions(facts)
    addresses = expected_addresses(facts)
    unsubscribed: dict[tuple[str, str, str], dt.datetime] = {}
    complained: set[tuple[str, str, str]] = set()
    dead: set[tuple[str, str, str]] = set()
    dead_unnamed: set[tuple[str, str, str]] = set()
    for (brand, message_id), own in facts.message_events.items():
        for event in own:
            if event["occurred_at"] > facts.as_of:
                continue
            owner = facts.message_owner.get((brand, message_id), "")
            place = (owner, brand, event["channel"])
            if event["event_type"] == "unsubscribed":
                unsubscribed[place] = max(
                    event["occurred_at"], unsubscribed.get(place, event["occurred_at"])
                )
            elif event["event_type"] == "complained":
                complained.add(place)
            elif event["event_type"] == "bounced" and event["bounce_type"] == "hard":
                column = {"email": "email_key", "phone": "phone"}.get(channels[event["channel"]])
                named = [e[column] for e in [event, *own] if column and e[column]]
                if named:
                    controller = facts.brands[brand]["controller_id"]
                    dead.add((channels[event["channel"]], named[0], controller))
                else:
                    dead_unnamed.add(place)

    expected = {}
    for customer, brand in known_brands(facts):
        controller = facts.brands[brand]["controller_id"]
        for channel, addressed_by in channels.items():
            place = (customer, brand, channel)
            kind = addressed_by
            if addressed_by == "device_id":
                kind = "app_device" if channel == "app_push" else "web_device"
            granted, decided_at = consents.get(place, (False, None))
            gone = unsubscribed.get(place)
            if decided_at is None and gone is None:
                reason = "no_consent"
            elif not granted or (gone and decided_at and gone >= decided_at):
                reason = "withdrawn"
            elif place in dead_unnamed or (
                (kind, addresses.get((customer, brand, kind)), controller) in dead
            ):
                reason = "hard_bounce"
            elif place in complained:
                reason = "complaint"
            elif (customer, controller) in restricted:
                reason = "restriction"
            elif (customer, brand, kind) not in addresses:
                reason = "no_address"
            else:
                reason = None
            expected[place] = (reason is None, reason)
    found = {
        (row["customer_id"], row["brand_id"], row["channel"]): (row["may_contact"], row["reason"])
        for row in facts.rows("marts.contactability")
    }
    assert found == expected
    reasons = Counter(reason for _, reason in found.values())
    assert set(reasons) == {
        None, "no_consent", "withdrawn", "hard_bounce", "complaint", "restriction", "no_address"
    }  # fmt: skip


# Pressure


def test_contact_pressure_counts_each_window(facts: Facts) -> None:
    """Messages of 1, 7 and 30 days from all brands, and the limits."""
    limits = {row["channel"]: row for row in facts.rows("reference.contact_limits")}
    ages: dict[Key, list[dt.timedelta]] = defaultdict(list)
    for message in facts.messages:
        if message["customer_id"]:
            ages[message["customer_id"], message["channel"]].append(
                facts.as_of - message["sent_at"]
            )
    expected = {}
    for (customer, channel), own in ages.items():
        counts = [sum(age <= days * DAY for age in own) for days in (1, 7, 30)]
        limit = limits[channel]
        most = [limit[f"messages_{window}_max"] for window in ("1_day", "7_days", "30_days")]
        tired = any(count > top for count, top in zip(counts, most, strict=True))
        expected[customer, channel] = (*counts, len(own), min(own) // DAY, tired)
    found = {
        (row["customer_id"], row["channel"]): (
            row["messages_1_day"], row["messages_7_days"], row["messages_30_days"],
            row["message_count"], row["days_since_last"], row["is_fatigued"],
        )
        for row in facts.rows("marts.contact_pressure")
    }  # fmt: skip
    assert found == expected


# Affinity


def expected_prior(trials: list[tuple[int, int]]) -> tuple[float, float]:
    """Mean and weight of the beta prior by the moments of the beta-binomial, as they are stated."""
    total = sum(n for n, _ in trials)
    mean = sum(x for _, x in trials) / total
    weight = 1000.0
    room = total - sum(n * n for n, _ in trials) / total - (len(trials) - 1)
    if 0 < mean < 1 and room > 0:
        spread = sum(n * (x / n - mean) ** 2 for n, x in trials)
        correlation = (spread / (mean * (1 - mean)) - (len(trials) - 1)) / room
        if correlation > 0:
            weight = min(max(1 / correlation - 1, 1), 1000)
    return round(mean, 6), round(weight, 3)


def test_channel_affinity_and_its_priors(facts: Facts) -> None:
    """Counts, shrunk rates, median, hour, weekday and preference of every customer and channel."""
    own: dict[Key, list[Row]] = defaultdict(list)
    for message in facts.messages:
        if message["customer_id"]:
            own[message["customer_id"], message["channel"]].append(message)
    kinds = {
        "open_rate": lambda row: row["is_opened"],
        "click_rate": lambda row: row["is_clicked"],
        "conversion_rate": lambda row: bool(row["orders"]),
        "response_rate": lambda row: row["is_responded"],
    }
    priors: dict[tuple[str, str], tuple[float, float]] = {}
    for channel in {channel for _, channel in own}:
        for kind, answered in kinds.items():
            trials = []
            for (_, other), sendings in own.items():
                reached = [row for row in sendings if row["is_reached"]]
                if other == channel and reached:
                    trials.append((len(reached), sum(map(answered, reached))))
            if trials:
                priors[channel, kind] = expected_prior(trials)

    # The channel's rates are everybody's; who may not be profiled has none of their own.
    for pair in [pair for pair in own if (pair[0], "all") in facts.stopped]:
        del own[pair]
    words = {}
    for row in facts.rows("reference.channels"):
        words[row["channel"]] = words[row["channel_name"].lower()] = row["channel"]
    answers: dict[str, tuple[Any, ...]] = {}
    for row in facts.rows("staging.stg_engagement__survey_responses"):
        owner = facts.record_owner.get((row["brand_id"], "survey_responses", row["response_id"]))
        if (
            owner
            and row["question_key"] == "preferred_channel"
            and row["answered_at"] <= facts.as_of
        ):
            age = facts.as_of - row["answered_at"]
            said = (age, row["brand_id"], row["response_id"], row["answer"])
            answers[owner] = min(said, answers.get(owner, said))
    declared = {
        customer: words[said[3].strip().lower()]
        for customer, said in answers.items()
        if said[3].strip().lower() in words
    }
    for pair in declared.items():
        own[pair]

    rows = {
        (row["customer_id"], row["channel"]): row for row in facts.rows("marts.channel_affinity")
    }
    assert set(rows) == set(own)
    ranking: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for (customer, channel), messages in own.items():
        row = rows[customer, channel]
        reached = [message for message in messages if message["is_reached"]]
        orders = {
            (message["brand_id"], order["order_id"])
            for message in messages
            for order in message["orders"]
        }
        assert (
            row["sent_count"], row["reached_count"], row["opened_count"], row["clicked_count"],
            row["converted_count"], row["responded_count"], row["order_count"],
        ) == (
            len(messages), len(reached), sum(m["is_opened"] for m in messages),
            sum(m["is_clicked"] for m in messages), sum(bool(m["orders"]) for m in messages),
            sum(m["is_responded"] for m in messages), len(orders),
        )  # fmt: skip
        for kind, answered in kinds.items():
            if (channel, kind) not in priors:
                assert row[kind] is None
                continue
            mean, weight = priors[channel, kind]
            rate = (sum(map(answered, reached)) + mean * weight) / (len(reached) + weight)
            assert float(row[kind]) == pytest.approx(rate, abs=1.5e-6)
        delays = [
            (min(m["responses"]) - m["sent_at"]) // dt.timedelta(microseconds=1)
            for m in messages
            if m["responses"] and min(m["responses"]) >= m["sent_at"]
        ]
        wait = median(delays) / 60_000_000 if delays else None
        assert is_near(row["median_response_minutes"], wait)
        local = [
            min(m["responses"]).replace(tzinfo=dt.UTC).astimezone(
                ZoneInfo(facts.brands[m["brand_id"]]["time_zone"])
            )
            for m in messages
            if m["responses"] and min(m["responses"]) >= m["sent_at"]
        ]  # fmt: skip
        hours = Counter(moment.hour for moment in local)
        weekdays = Counter(moment.isoweekday() for moment in local)
        assert row["best_hour"] == (min(hours, key=lambda h: (-hours[h], h)) if hours else None)
        assert row["best_weekday"] == (
            min(weekdays, key=lambda d: (-weekdays[d], d)) if weekdays else None
        )
        assert row["is_declared"] == (declared.get(customer) == channel)
        responded = row["responded_count"] > 0
        rank = 0 if row["is_declared"] else 1 if responded else 2
        ranking[customer].append((rank, -float(row["response_rate"] or 0), -len(messages), channel))
    for customer, channels in ranking.items():
        first, *_, best = min(channels)
        for *_, channel in channels:
            assert rows[customer, channel]["is_preferred"] == (channel == best and first < 2)
    assert declared
    assert sum(row["is_preferred"] and not row["is_declared"] for row in rows.values()) > 50


# Campaigns


def test_campaigns_to_the_cent(facts: Facts) -> None:
    """Counts, orders, credit, revenue, cost and uplift of every campaign and channel."""
    sent: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    last: dict[Key, tuple[dt.datetime, str]] = {}
    for message in facts.messages:
        for order in message["orders"]:
            key = (message["brand_id"], order["order_id"])
            # Of two messages of one moment the first id has the credit.
            mine = (message["sent_at"], message["message_id"])
            other = last.get(key, mine)
            last[key] = mine if mine[0] > other[0] or (mine[0] == other[0] and mine[1] < other[1]) \
                else other  # fmt: skip
        if message["campaign_id"]:
            sent[message["brand_id"], message["campaign_id"], message["channel"]].append(message)
    campaigns = {
        (row["brand_id"], row["campaign_id"]): row
        for row in facts.rows("staging.stg_communication__campaigns")
    }
    costs: dict[Key, Decimal | None] = {}
    for key, row in campaigns.items():
        currency = row["currency_code"] or facts.brands[key[0]]["currency_code"]
        day = (row["started_at"] or facts.as_of).date()
        costs[key] = facts.in_euros(row["cost_amount_original"], currency, day)
    controls = expected_controls(facts, sent)

    found = {
        (row["brand_id"], row["campaign_id"], row["channel"]): row
        for row in facts.rows("marts.campaign_performance")
    }
    silent = set(campaigns) - {key[:2] for key in sent}
    assert set(found) == set(sent) | {(*key, campaigns[key]["channel"]) for key in silent}
    paid: dict[Key, Decimal] = defaultdict(Decimal)
    tested = 0
    for place, row in found.items():
        messages = sent.get(place, [])
        orders = {
            order["order_id"]: (order["net"], (message["brand_id"], order["order_id"]))
            for message in messages
            for order in message["orders"]
        }
        ids = {message["message_id"] for message in messages}
        credited = [amount for amount, order in orders.values() if last[order][1] in ids]
        assert (
            row["sent_count"], row["delivered_count"], row["reached_count"], row["opened_count"],
            row["clicked_count"], row["bounced_count"], row["unsubscribed_count"],
            row["complained_count"], row["converted_count"], row["order_count"],
            row["credited_order_count"], row["revenue_amount"], row["credited_revenue_amount"],
        ) == (
            len(messages), *(
                sum(message[f"is_{name}"] for message in messages)
                for name in ("delivered", "reached", "opened", "clicked", "bounced",
                             "unsubscribed", "complained")
            ),
            sum(bool(message["orders"]) for message in messages), len(orders), len(credited),
            sum((amount for amount, _ in orders.values()), Decimal(0)), sum(credited, Decimal(0)),
        )  # fmt: skip
        if row["cost_amount"] is not None:
            paid[place[:2]] += row["cost_amount"]
        tested += check_uplift(facts, row, messages, controls.get(place[:2], {}))
    assert paid == {key: cost for key, cost in costs.items() if cost is not None}
    assert tested > 20


def expected_controls(
    facts: Facts, sent: dict[tuple[str, str, str], list[Row]]
) -> dict[Key, dict[str, dt.datetime]]:
    """Who was held out of each campaign and not written to after all, and since when."""
    nodes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in facts.rows("intermediate.int_identity__customer_nodes"):
        nodes[row["identifier_type"], row["scope_id"], row["identifier_value"]].add(
            row["customer_id"]
        )
    reached: dict[Key, set[str | None]] = defaultdict(set)
    for (brand, campaign, _), messages in sent.items():
        reached[brand, campaign] |= {message["customer_id"] for message in messages}
    controls: dict[Key, dict[str, dt.datetime]] = defaultdict(dict)
    for row in facts.rows("staging.stg_communication__campaign_controls"):
        if row["held_out_at"] > facts.as_of:
            continue
        controller = facts.brands[row["brand_id"]]["controller_id"]
        for kind, scope, value in (
            ("contact_id", row["brand_id"], row["contact_id"]),
            ("email", controller, row["email_key"]),
            ("phone", controller, row["phone"]),
        ):
            customers = nodes.get((kind, scope, value), set())
            if len(customers) == 1:
                (customer,) = customers
                key = (row["brand_id"], row["campaign_id"])
                if customer not in reached[key]:
                    since = controls[key].get(customer, row["held_out_at"])
                    controls[key][customer] = min(since, row["held_out_at"])
                break
    return controls


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Solve (share - p)^2 = z^2 p (1 - p) / trials for p: the two ends of Wilson's interval."""
    share, square = successes / trials, statistics.NormalDist().inv_cdf(0.975) ** 2 / trials
    low, high = sorted(np.roots([1 + square, -(2 * share + square), share**2]).real)
    return float(low), float(high)


def check_uplift(
    facts: Facts, row: Row, messages: list[Row], control: dict[str, dt.datetime]
) -> bool:
    """Compare the uplift with two Wilson intervals, joined after Newcombe."""
    treated: dict[str, dt.datetime] = {}
    for message in messages:
        if message["customer_id"]:
            first = treated.get(message["customer_id"], message["sent_at"])
            treated[message["customer_id"]] = min(first, message["sent_at"])
    if not treated:
        control = {}

    def converted(people: dict[str, dt.datetime]) -> int:
        return sum(
            any(
                since <= order["ordered_at"] <= since + facts.window
                for order in facts.orders_of.get((customer, row["brand_id"]), [])
            )
            for customer, since in people.items()
        )

    counts = (len(treated), converted(treated), len(control), converted(control))
    assert (
        row["treated_count"], row["treated_converted_count"],
        row["control_count"], row["control_converted_count"],
    ) == counts  # fmt: skip
    if not control:
        assert row["uplift_rate"] is None
        assert row["uplift_low_rate"] is None
        return False
    share, base = counts[1] / counts[0], counts[3] / counts[2]
    here, there = wilson(counts[1], counts[0]), wilson(counts[3], counts[2])
    low = share - base - math.hypot(share - here[0], there[1] - base)
    high = share - base + math.hypot(here[1] - share, base - there[0])
    for name, value in (("", share - base), ("_low", low), ("_high", high)):
        assert float(row[f"uplift{name}_rate"]) == pytest.approx(value, abs=1e-6)
    return True


# The service desk


def test_service_quality_day_by_day(facts: Facts) -> None:
    """Cases, times and marks of every brand, channel and day."""
    days: dict[tuple[str, str, dt.date], list[Row]] = defaultdict(list)
    for row in facts.rows("staging.stg_communication__service_interactions"):
        if row["opened_at"] <= facts.as_of:
            days[row["brand_id"], row["channel"], row["opened_at"].date()].append(row)

    def times(own: list[Row], column: str) -> list[int]:
        return [
            (row[column] - row["opened_at"]) // dt.timedelta(microseconds=1)
            for row in own
            if row[column] and row["opened_at"] <= row[column] <= facts.as_of
        ]

    def figures(values: list[int], unit: int) -> list[Decimal | None]:
        if not values:
            return [None, None]
        return [Decimal(sum(values)) / len(values) / unit, median(values) / unit]

    expected, waits = {}, {}
    for key, own in days.items():
        answers, solutions = times(own, "first_response_at"), times(own, "resolved_at")
        marks = [row["satisfaction_score"] for row in own if row["satisfaction_score"] is not None]
        expected[key] = (
            len(own), sum(row["direction"] == "inbound" for row in own), len(answers),
            len(solutions), len(marks), sum(marks) if marks else None,
            half_up(Decimal(sum(marks)) / len(marks), "0.0001") if marks else None,
        )  # fmt: skip
        waits[key] = figures(answers, 60_000_000) + figures(solutions, 3_600_000_000)
    rows = {
        (row["brand_id"], row["channel"], row["service_date"]): row
        for row in facts.rows("marts.service_quality")
    }
    assert expected == {
        key: (
            row["interaction_count"], row["inbound_count"], row["responded_count"],
            row["resolved_count"], row["rated_count"], row["satisfaction_sum"],
            row["average_satisfaction_score"],
        )
        for key, row in rows.items()
    }  # fmt: skip
    columns = ("average_first_response_minutes", "median_first_response_minutes",
               "average_resolution_hours", "median_resolution_hours")  # fmt: skip
    for key, row in rows.items():
        assert all(
            is_near(row[column], wait) for column, wait in zip(columns, waits[key], strict=True)
        )
