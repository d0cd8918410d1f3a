"""What may become of a released schema, and what may not."""

from copy import deepcopy
from typing import Any

import pytest

from deploy.schemas import closed, incompatibilities
from shared.asyncapi import event_schema
from shared.contracts.base import Event, State
from shared.contracts.catalogue import all_messages
from shared.contracts.goals import GoalClosed

RELEASED: dict[str, Any] = event_schema(GoalClosed)


def changed(change: Any) -> dict[str, Any]:
    schema = deepcopy(RELEASED)
    change(schema)
    return schema


def test_the_same_schema_is_compatible() -> None:
    assert incompatibilities(RELEASED, RELEASED) == []


def test_an_added_optional_field_is_compatible() -> None:
    def add(schema: Any) -> None:
        schema["properties"]["score"] = {"type": ["number", "null"], "default": None}

    assert incompatibilities(RELEASED, changed(add)) == []


def remove_field(schema: Any) -> None:
    del schema["properties"]["progress"]
    schema["required"].remove("progress")


def retype(schema: Any) -> None:
    schema["properties"]["progress"] = {"type": "string"}


def require_new(schema: Any) -> None:
    schema["properties"]["score"] = {"type": "number"}
    schema["required"].append("score")


def add_outcome(schema: Any) -> None:
    schema["properties"]["outcome"]["enum"].append("postponed")


def drop_outcome(schema: Any) -> None:
    schema["properties"]["outcome"]["enum"].remove("missed")


@pytest.mark.parametrize("breaking", [remove_field, retype, require_new, add_outcome, drop_outcome])
def test_a_breaking_change_is_found(breaking: Any) -> None:
    assert incompatibilities(RELEASED, changed(breaking))


def test_what_was_written_has_no_fields_but_those_named() -> None:
    assert closed(RELEASED)["additionalProperties"] is False


@pytest.mark.parametrize("kind", all_messages(), ids=lambda kind: kind.wire_type)
def test_every_message_names_its_subject_and_says_what_it_is(kind: Any) -> None:
    assert issubclass(kind, (Event, State))
    assert kind.subject_field in kind.model_fields
    assert kind.__doc__


FREE_TEXT = {
    "name",
    "given_name",
    "family_name",
    "email",
    "comment",
    "description",
    "reason_text",
    "text",
    "note",
}


@pytest.mark.parametrize(
    "kind", [kind for kind in all_messages() if issubclass(kind, Event)], ids=lambda kind: kind.wire_type
)
def test_no_event_carries_names_or_free_text(kind: Any) -> None:
    assert not FREE_TEXT & set(kind.model_fields)
