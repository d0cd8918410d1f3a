"""Every kind has words, with and without a title, and none of them breaks on what it is given."""

from typing import Any

import pytest

from services.notifications.domain.categories import CATEGORIES
from services.notifications.domain.rules import RULES
from services.notifications.words.language import language
from services.notifications.words.told import LONGEST, clean
from services.notifications.words.wording import PEOPLE_FACTS, RECEIVERS, TITLED
from shared.contracts import catalogue
from shared.contracts.base import Event

ENGLISH = language("en")


def test_every_kind_of_the_table_has_words_and_no_words_are_left_over() -> None:
    assert set(ENGLISH.kinds) == {rule.kind for rule in RULES}


def test_every_category_has_a_name() -> None:
    assert set(ENGLISH.categories) == set(CATEGORIES)


def test_every_fact_that_names_a_person_is_known_as_one() -> None:
    persons = {
        name
        for kind in catalogue.all_messages()
        if issubclass(kind, Event) and kind.publisher != "notifications"
        for name in kind.model_fields
        if name.endswith(("person_id", "owner_id")) or name in {"giver_id", "receiver_id", "requester_id"}
    }
    assert persons <= PEOPLE_FACTS
    for rule in RULES:
        assert rule.tell.field in PEOPLE_FACTS | {RECEIVERS}


def context(**more: Any) -> dict[str, Any]:
    names = {fact.removesuffix("_id"): f"N{fact}" for fact in PEOPLE_FACTS}
    facts = {
        "about_person_id": "x",
        "because": "own_choice",
        "blocker_kinds": ["process", "person"],
        "confidence": 0.25,
        "due_on": "2026-03-31",
        "joined_on": "2026-03-01",
        "left_on": "2026-03-31",
        "missed": 2,
        "outcome": "partly_achieved",
        "predicted_progress": 0.62,
        "progress": 0.4,
        "self_due_on": "2026-04-01",
        "value": "customer-first",
    }
    said = {"actor": "Anna", "actor_id": "anna", "reader": "Mona", "reader_id": "mona", "facts": facts}
    return names | dict.fromkeys(TITLED, "") | {"receivers": ["Anna", "Ben"], "others": ["Ben"]} | said | more


@pytest.mark.parametrize("kind", ENGLISH.kinds)
def test_every_kind_says_something_of_its_own(kind: str) -> None:
    told = ENGLISH.tell(kind, context(goal="the goal “Grow”", cycle=" for “H1”"))
    assert told.headline != ENGLISH.phrases["news"]
    assert told.headline[0].isupper()
    assert not told.headline.endswith(".")
    assert "{" not in told.headline + told.detail


def test_sentences_read_as_people_would_write_them() -> None:
    trouble = ENGLISH.tell("goal_in_trouble", context(goal="the goal “Grow”"))
    assert trouble.headline == "Anna reports that the goal “Grow” is in trouble"
    assert trouble.detail.startswith("Confidence is 25 %, and it is blocked by a process, a person.")
    opened = ENGLISH.tell("review_opened", context(cycle=" for “H1”"))
    assert opened == ("Your review for “H1” is open", "Write your self-assessment by 1 April 2026.")
    recognised = ENGLISH.tell("report_recognised", context(receivers=["A", "B", "C", "D"]))
    assert recognised.headline == "Anna recognises A, B and 2 others for “customer first”"
    missing = ENGLISH.tell("goal_heading_for_miss", context(actor_id=None, goal="a goal"))
    assert missing.headline == "A goal is heading for a miss"
    assert "62 % of the way will be done by 31 March 2026." in missing.detail
    given = ENGLISH.tell("initiative_given", context(initiative="the initiative “Call them”"))
    assert given.headline == "Anna gives you the initiative “Call them” to do"
    assert given.detail.startswith("It is due on 31 March 2026.")
    closed = ENGLISH.tell("goal_closed", context(actor_id=None, goal="a goal"))
    assert closed == ("A goal was closed", "It ended as partly achieved.")


def test_what_has_no_words_or_lacks_a_fact_is_news_and_no_error() -> None:
    assert ENGLISH.tell("kind_of_tomorrow", context()).headline == "There is news for you"
    assert ENGLISH.tell("review_opened", context(facts={})).headline == "There is news for you"
    assert (
        ENGLISH.tell("review_opened", context(facts={"self_due_on": None})).headline
        == "There is news for you"
    )


def test_a_title_is_never_run_as_a_template() -> None:
    told = ENGLISH.tell("goal_proposed", context(goal="the goal “{{ 7 * 7 }}{% raw %}”"))
    assert "{{ 7 * 7 }}" in told.headline


@pytest.mark.parametrize("code", ["en", "en-GB", "xx", "", "../../etc"])
def test_a_language_that_is_not_there_is_english(code: str) -> None:
    assert language(code) is ENGLISH


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grow\r\nBcc: eve@example.org", "Grow Bcc: eve@example.org"),
        ("a\u2028b\u2029c\x0bd\x00e\x85f", "a b c d e f"),
        ("safe\u202egnp.exe\u2066", "safegnp.exe"),
        ("  much \t space ", "much space"),
        ("👩\u200d💻 ships it", "👩\u200d💻 ships it"),
        ("Zoë Ångström 王", "Zoë Ångström 王"),
        ("half \ud800 a character", "half a character"),
        ("x" * 500, "x" * (LONGEST - 1) + "…"),
        ("\u200b\u200e", ""),
    ],
)
def test_foreign_text_is_one_visible_line(text: str, shown: str) -> None:
    assert clean(text) == shown
