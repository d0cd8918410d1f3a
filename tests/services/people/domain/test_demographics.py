"""Demographic attributes stay apart from the directory."""

import pytest

from services.people.domain.demographics import Attributes, Demographics, gender_meant
from services.people.domain.person import Person
from shared.contracts import people


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F", "female"),
        ("Woman", "female"),
        ("male", "male"),
        ("Divers", "non-binary"),
        ("agender", "agender"),
        ("prefer not to say", None),
        ("", None),
    ],
)
def test_common_words_for_gender_are_understood_and_others_kept(written, meant):
    assert gender_meant(written) == meant


def test_no_directory_entry_event_or_state_has_a_demographic_attribute():
    contracts = [
        contract
        for contract in vars(people).values()
        if isinstance(contract, type) and hasattr(contract, "model_fields")
    ]
    assert len(contracts) >= 9
    for fields in (Person.model_fields, *(contract.model_fields for contract in contracts)):
        assert not set(fields) & set(Attributes.__annotations__)


def test_demographics_know_only_whose_they_are():
    assert set(Demographics.model_fields) == {"person_id", "version", *Attributes.__annotations__}
