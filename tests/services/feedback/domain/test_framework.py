"""The organisation's lists: entries are called by key or by name, and only listed ones are."""

import pytest
from pydantic import ValidationError

from services.feedback.domain.framework import STARTING, Framework, Term, UnknownTerm
from shared.errors import Invalid

VALUES = STARTING["values"]


@pytest.mark.parametrize("said", ["stay-curious", "Stay curious", " STAY CURIOUS "])
def test_an_entry_is_called_by_key_or_by_name(said: str) -> None:
    assert VALUES.key_of(said) == "stay-curious"


def test_an_unlisted_entry_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownTerm) as refused:
        VALUES.key_of("Work all night")
    assert refused.value.facts["known"] == [term.key for term in VALUES.terms]
    assert "stay-curious" in refused.value.detail


def test_a_list_is_replaced_as_a_whole() -> None:
    edited = VALUES.replaced([Term(key="be-kind", name="Be kind")])
    assert edited.key_of("Be kind") == "be-kind"
    with pytest.raises(UnknownTerm):
        edited.key_of("stay-curious")


@pytest.mark.parametrize(("key", "name"), [("be-kind", "Other"), ("other", "Be Kind"), ("other", "be-kind")])
def test_no_two_entries_are_called_alike(key: str, name: str) -> None:
    with pytest.raises(Invalid):
        VALUES.replaced([Term(key="be-kind", name="Be kind"), Term(key=key, name=name)])


@pytest.mark.parametrize("key", ["", "Be Kind", "1st", "kind!", "x" * 65])
def test_a_key_is_a_short_plain_word(key: str) -> None:
    with pytest.raises(ValidationError):
        Term(key=key, name="Be kind")


def test_the_lists_to_start_with_are_sound() -> None:
    for framework in STARTING.values():
        assert isinstance(framework.replaced(framework.terms), Framework)
