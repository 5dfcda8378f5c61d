"""Several people, or one at several brands, behind one contact where the key is the e-mail."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from .activation import BUILT_AT, Stage, World, customer_id, profile
from .conftest import Sync
from .server import Platform
from .test_destinations import redirect, withdrawal

EMAIL = "person.1@example.com"
FAMILY = "family@example.com"


def of_two_brands() -> World:
    return World([profile(1, "aster"), profile(1, "birch"), profile(2)])


def erase(stage: Stage, brand_id: str | None, number: int = 1) -> None:
    document = {
        "deletion_id": "d1",
        "customer_id": customer_id(number),
        "brand_id": brand_id,
        "erased_at": (BUILT_AT + dt.timedelta(days=1)).isoformat() + "Z",
    }
    stage.deletions.write_text(json.dumps(document) + "\n")


def test_who_withdraws_at_both_brands_is_opted_out(stage: Stage, sync: Sync) -> None:
    stage.publish(of_two_brands())
    with Platform("salesmanago") as platform:
        sync(platform)
        for brand in ("aster", "birch"):
            stage.land("consent_events", [withdrawal(EMAIL)], brand=brand)
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"suppress": 2})
        assert platform.profiles[EMAIL]["opted_in"] is False
        assert sync(platform)[1]["sent"] == 0


def test_who_withdraws_at_one_brand_is_opted_out_of_the_contact(stage: Stage, sync: Sync) -> None:
    """The contact has one opt-in for both brands, so the no is the safe one."""
    stage.publish(of_two_brands())
    with Platform("salesmanago") as platform:
        sync(platform)
        stage.land("consent_events", [withdrawal(EMAIL)], brand="birch")
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"suppress": 1, "upsert": 1})
        assert platform.profiles[EMAIL]["opted_in"] is False
        assert sync(platform)[1]["sent"] == 0


def test_who_is_erased_everywhere_is_deleted(stage: Stage, sync: Sync) -> None:
    stage.publish(of_two_brands())
    with Platform("salesmanago") as platform:
        sync(platform)
        erase(stage, None)
        stage.publish(World([profile(2)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"erase": 2})
        assert EMAIL not in platform.profiles


def test_an_erasure_takes_the_shared_contact_and_who_stays_is_told_anew(
    stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1, email=FAMILY), profile(2, email=FAMILY, phone=None)]))
    with Platform("salesmanago") as platform:
        sync(platform)
        erase(stage, "aster")
        stage.publish(World([profile(2, email=FAMILY, phone=None)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"erase": 1, "upsert": 1})
        held = platform.profiles[FAMILY]
        assert held["externalId"] == f"aster:{customer_id(2)}"
        assert "phone" not in held
        # Nobody has asked anew, so the new contact is not opted in by us.
        assert "opted_in" not in held
        assert sync(platform)[1]["sent"] == 0


def test_one_is_erased_while_another_of_the_contact_is_closed(stage: Stage, sync: Sync) -> None:
    """What is deleted already need not be opted out, and is no reason to refuse."""
    stage.publish(World([profile(1, email=FAMILY), profile(2, email=FAMILY)]))
    with Platform("salesmanago") as platform:
        sync(platform)
        erase(stage, "aster")
        stage.publish(World([]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]) == (0, {"erase": 1, "suppress": 1})
        assert platform.profiles == {}


def test_a_mirror_takes_away_who_left_both_brands(stage: Stage, sync: Sync) -> None:
    stage.publish(of_two_brands())
    with Platform("salesmanago") as platform:
        sync(platform)
        stage.publish(World([profile(2)]))
        code, report = sync(platform, "--mode", "mirror", "--allow-deletes")
        assert (code, report["sent_by_operation"]) == (0, {"delete": 2})
        assert set(platform.profiles) == {"person.2@example.com"}


def test_a_merge_does_not_delete_the_contact_of_another(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1, email=FAMILY), profile(2, email=FAMILY), profile(3)]))
    with Platform("salesmanago") as platform:
        sync(platform)
        stage.publish(World([profile(1, email=FAMILY), profile(3)], redirects=[redirect(2, 3)]))
        code, report = sync(platform)
        assert (code, report["sent_by_operation"]["merge"]) == (0, 1)
        assert platform.profiles[FAMILY]["externalId"] == f"aster:{customer_id(1)}"
        assert platform.profiles[FAMILY]["opted_in"]
        assert sync(platform)[1]["sent"] == 0


@pytest.mark.parametrize("name", ["braze", "klaviyo", "salesmanago"])
def test_an_account_by_e_mail_holds_one_controller_unless_it_is_said(
    name: str, stage: Stage, sync: Sync
) -> None:
    stage.publish(World([profile(1, "aster"), profile(1, "birch"), profile(2, "cedar")]))
    with Platform(name) as platform:
        for arguments in ((), ("--dry-run",)):
            code, report = sync(platform, *arguments)
            assert (code, platform.requests) == (2, 0)
            assert "alder_group, cedar_trade" in report["err"]
            assert "mix_controllers" in report["err"]
            assert "`brands: [aster, birch]` (alder_group) and `brands: [cedar]`" in report["err"]
        # Both are of one controller.
        assert sync(platform, brands=["aster", "birch"])[1]["sent"] == 2
        assert sync(platform, brands=["aster", "cedar"])[0] == 2
        code, report = sync(platform, brands=["aster", "cedar"], mix_controllers=True)
        assert (code, report["sent"]) == (0, 1)


def test_platforms_with_a_profile_for_each_brand_take_all(stage: Stage, sync: Sync) -> None:
    stage.publish(World([profile(1, "aster"), profile(1, "cedar")]))
    assert sync("file")[1]["sent"] == 2


def test_no_brands_are_not_all_brands(stage: Stage, sync: Sync) -> None:
    """A list that has become empty by mistake must not send everybody."""
    stage.publish(World([profile(1)]))
    code, report = sync("file", brands=[])
    assert code == 2
    assert "brands" in report["err"]
    code, report = sync("file", brands=None)
    assert code == 2
