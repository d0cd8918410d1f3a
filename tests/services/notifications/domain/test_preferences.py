"""The most specific choice wins, and what is critical is told whatever is chosen."""

from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from services.notifications.domain.categories import CATEGORIES
from services.notifications.domain.preferences import Choices, CriticalStaysOn, Preferences


def chosen(**choices: Any) -> Preferences:
    return Preferences(person_id="anna").choose(Choices.model_validate(choices))


def test_who_never_chose_has_the_standing_of_each_category() -> None:
    nobody = Preferences(person_id="anna")
    assert nobody.wants("goals", "email")
    assert nobody.wants("team", "inbox")
    assert not nobody.wants("team", "email")


def test_a_choice_for_a_channel_goes_before_the_standing() -> None:
    quiet = chosen(channels={"email": False})
    assert not any(quiet.wants(category, "email") for category in CATEGORIES)
    assert quiet.wants("goals", "inbox")
    assert chosen(channels={"email": True}).wants("team", "email")


def test_a_choice_for_a_category_goes_before_one_for_the_channel() -> None:
    only_goals = chosen(channels={"email": False}, categories={"goals": {"email": True}})
    assert only_goals.wants("goals", "email")
    assert not only_goals.wants("feedback", "email")


def test_a_choice_for_one_channel_says_nothing_of_the_other() -> None:
    some = chosen(categories={"goals": {"inbox": False}})
    assert not some.wants("goals", "inbox")
    assert some.wants("goals", "email")


def test_a_critical_category_reaches_the_inbox_whatever_is_chosen() -> None:
    silent = chosen(channels={"inbox": False, "email": False})
    assert silent.wants("reviews", "inbox")
    assert not silent.wants("reviews", "email")
    assert not silent.wants("goals", "inbox")


def test_switching_a_critical_category_off_is_refused_by_name() -> None:
    with pytest.raises(CriticalStaysOn) as refused:
        chosen(categories={"reviews": {"inbox": False}, "goals": {"inbox": False}})
    assert refused.value.facts == {"categories": ["reviews"]}


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_way_to_choose_follows_the_order_of_the_rules(category: Any) -> None:
    standing = CATEGORIES[category]
    for by_category, by_channel in product((None, False, True), repeat=2):
        some = chosen(channels={"email": by_channel}, categories={category: {"email": by_category}})
        first = next(each for each in (by_category, by_channel, standing.email) if each is not None)
        assert some.wants(category, "email") is first


def test_a_category_that_does_not_exist_cannot_be_chosen() -> None:
    with pytest.raises(ValidationError):
        Choices.model_validate({"categories": {"gaols": {"email": False}}})
