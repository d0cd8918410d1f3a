"""What a body may hold, by its JSON schema, and how the description says so."""

from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.contracts.catalogue import PUBLISHERS, all_topics
from shared.known_fields import MOST, close_bodies, shape_of, unknown_fields, what_was_meant


class Leaf(BaseModel):
    weight: float = 1


class Own(BaseModel):
    model_config = ConfigDict(extra="forbid")
    leaf: Leaf


class Tree(BaseModel):
    first_leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    named: dict[str, Leaf] = {}
    own: Own | None = None
    either: Leaf | Own | None = None
    anything: dict[str, Any] = {}


def found(body: Any, kind: Any = Tree) -> list[tuple[Any, ...]]:
    shape = shape_of(TypeAdapter(kind).json_schema())
    return [error["loc"][1:] for error in unknown_fields(body, shape)]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"first_leaf": {"weight": 2}, "leaves": [{}], "named": {"x": {}}, "anything": {"y": {"z": 1}}}, []),
        ({"other": 1}, [("other",)]),
        ({"\ud800": 1}, [("\\ud800",)]),
        ({"first_leaf": {"wight": 2}}, [("first_leaf", "wight")]),
        ({"leaves": [{}, {"wight": 2}]}, [("leaves", 1, "wight")]),
        ({"named": {"x": {"wight": 2}}}, [("named", "x", "wight")]),
        ({"either": {"leaf": {}, "weight": 1}}, []),
        ({"own": {"leaf": {"wight": 1}}}, [("own", "leaf", "wight")]),
        ({"leaves": 7, "first_leaf": "text"}, []),
        ([{"other": 1}], []),
        (None, []),
    ],
)
def test_what_nobody_knows_is_found_however_deep(body: Any, places: list[tuple[Any, ...]]) -> None:
    assert found(body) == places
    assert found(body, Tree | None) == places


def test_a_model_that_closes_itself_refuses_by_itself() -> None:
    assert found({"own": {"leaf": {}, "other": 1}}) == []


def test_of_very_many_a_few_are_named() -> None:
    assert len(found({f"x{number}": 1 for number in range(10_000)})) == MOST


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("firstLeaf", "first_leaf"),
        ("FIRST-LEAF", "first_leaf"),
        ("leafs", "leaves"),
        ("nmaed", "named"),
        ("quarterly", None),
        ("", None),
        ("$where", None),
        ("x" * 100_000, None),
    ],
)
def test_the_closest_name_is_what_was_meant(name: str, meant: str | None) -> None:
    assert what_was_meant(name, Tree.model_fields) == meant


def described() -> dict[str, Any]:
    def content(name: str) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    def holds(name: str) -> dict[str, Any]:
        return {"properties": {"inner": {"$ref": f"#/components/schemas/{name}"}}, "type": "object"}

    leaf = {"properties": {"weight": {"type": "number"}}, "type": "object"}
    operation = {"requestBody": content("Sent"), "responses": {"200": content("Told")}}
    schemas = {"Sent": holds("Both"), "Told": holds("Both"), "Both": holds("Leaf"), "Leaf": leaf}
    return {"paths": {"/x": {"post": operation}}, "components": {"schemas": schemas}}


def test_bodies_are_closed_and_answers_stay_open() -> None:
    schemas = close_bodies(described())["components"]["schemas"]
    assert {name for name, each in schemas.items() if each.get("additionalProperties") is False} == {
        *("Sent", "Both-Input", "Leaf-Input")
    }
    assert schemas["Sent"]["properties"]["inner"]["$ref"].endswith("/Both-Input")
    assert schemas["Both-Input"]["properties"]["inner"]["$ref"].endswith("/Leaf-Input")
    assert schemas["Told"]["properties"]["inner"]["$ref"].endswith("/Both")


@pytest.mark.parametrize("service", PUBLISHERS)
def test_every_body_of_every_service_is_described_as_closed(service: str) -> None:
    description = import_module(f"services.{service}.app").SERVICE.api().openapi()
    schemas = description["components"]["schemas"]
    waiting: list[Any] = [
        operation.get("requestBody") for item in description["paths"].values() for operation in item.values()
    ]
    seen = set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            assert "properties" not in node or "additionalProperties" in node, node
            waiting += node.values()
        elif isinstance(node, str) and node.startswith("#/components/schemas/") and node not in seen:
            seen.add(node)
            waiting.append(schemas[node.rpartition("/")[2]])
    assert seen


@pytest.mark.parametrize("kind", all_topics(), ids=lambda kind: kind.wire_type)
def test_what_is_read_from_a_topic_may_have_fields_of_a_later_version(kind: Any) -> None:
    assert kind.model_config["extra"] == "ignore"
