"""Every message has an example that it could really be, and a place in the event catalogue."""

from typing import Any

import pytest

from deploy.schemas import PAGE
from shared.asyncapi import ENVELOPE_FIELDS, whole_document
from shared.contracts.base import Inbound
from shared.contracts.catalogue import all_topics

DOCUMENT = whole_document()


def example_of(kind: Any) -> dict[str, Any]:
    [told] = DOCUMENT["components"]["messages"][kind.wire_type]["examples"]
    return told["payload"]


@pytest.mark.parametrize("kind", all_topics(), ids=lambda kind: kind.wire_type)
def test_an_example_is_a_message_with_all_its_fields(kind: Any) -> None:
    told = example_of(kind)
    envelope = set() if issubclass(kind, Inbound) else ENVELOPE_FIELDS.keys()
    assert told.keys() - envelope == kind.model_fields.keys()
    message = kind.model_validate({name: value for name, value in told.items() if name in kind.model_fields})
    assert getattr(message, kind.subject_field)
    if envelope:
        assert told["type"] == kind.wire_type


@pytest.mark.parametrize("kind", all_topics(), ids=lambda kind: kind.wire_type)
def test_the_catalogue_tells_of_it(kind: Any) -> None:
    heading = f"\n### {kind.__name__}\n\n`{kind.wire_type}`"
    page = PAGE.read_text()
    assert page.count(heading) == 1
    section = page.partition(heading)[2].partition("\n### ")[0]
    assert all(f"| {name} |" in section for name in kind.model_fields)


def test_people_in_examples_are_people_and_goals_are_goals() -> None:
    told = next(example_of(kind) for kind in all_topics() if kind.wire_type == "cairn.goals.goal_proposed.v1")
    assert told["by_person_id"].startswith("person_")
    assert told["owner_id"].startswith("person_")
    assert told["goal_id"].startswith("goal_")
    assert told["by_person_id"] != told["to_person_id"]
