"""An example of each published message, made from its schema and a few words of the field.

Made, not collected: a field that is added has its example in the same moment, and every one of them is valid.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, cast

Schema = Mapping[str, Any]
AT: Final = "2026-03-10T09:00:00Z"
DAY: Final = "2026-03-31"
VALUES: Final[Mapping[str, object]] = {
    "id": "6b08739b0702f26714157345",
    "sequence": 7,
    "title": "Reach more customers in the north",
    "name": "Sales North",
    "given_name": "Anna",
    "family_name": "Kowalska",
    "email": "anna.kowalska@example.com",
    "job_title": "Account manager",
    "location": "Gdansk",
    "time_zone": "Europe/Warsaw",
    "language": "en",
    "confidence": 0.7,
    "contribution": 1.0,
    "weight": 40.0,
    "start": 0.0,
    "target": 10.0,
    "commit": 6.0,
    "stretch": 12.0,
    "value": 5.0,
    "current": 5.0,
    "from_value": 50.0,
    "to_value": 5.0,
    "unit": "customers",
    "category": "Growth",
    "tags": ["north"],
    "changes": ["due_on"],
    "edition": 2,
    "missed": 2,
    "competency": "teamwork",
    "note": "After the fair",
}
"""By the name of a field, where its type alone would say nothing."""
TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "array": list,
    "integer": int,
    "number": (int, float),
    "string": str,
}
PEOPLE: Final = (
    "owner",
    "by",
    "to",
    "asked",
    "giver",
    "receiver",
    "reviewer",
    "manager",
    "requester",
    "about",
)
"""How the names of fields begin that name people."""


def example(schema: Schema, name: str = "") -> Any:
    """A value that the schema, without references, allows; of a field by its name."""
    if "const" in schema:
        return schema["const"]
    choices = cast("list[Schema]", schema.get("anyOf") or schema.get("oneOf") or [])
    if choices:
        return example(choices[0], name)
    if "enum" in schema:
        return cast("list[object]", schema["enum"])[0]
    return _by_type(schema, name)


def _by_type(schema: Schema, name: str) -> Any:
    kind, given = schema.get("type"), cast("list[object]", schema.get("examples") or [])
    if given:
        return given[0]
    if isinstance(VALUES.get(name), TYPES.get(str(kind), ())):
        return VALUES[name]
    match kind:
        case "object":
            fields = cast("Mapping[str, Schema]", schema.get("properties", {}))
            return {field: example(each, field) for field, each in fields.items()}
        case "array":
            return [example(cast("Schema", schema.get("items", {})), name.removesuffix("s"))]
        case "boolean":
            return bool(schema.get("default", False))
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return 0.42 if "progress" in name or name == "expected" else 1.0
        case "string":
            return _text(schema, name)
        case _:
            return None


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") == "date-time":
        return AT
    if schema.get("format") == "date":
        return DAY
    if name.endswith("_id"):
        kind = name.removesuffix("_id")
        person = kind.endswith(("person", "manager", "partner")) or kind.startswith(PEOPLE)
        return _id("person" if person else kind.rpartition("_")[2], of=name)
    return name.replace("_", " ")


def _id(kind: str, *, of: str) -> str:
    return f"{kind}_{sha256(of.encode()).hexdigest()[:32]}"
