"""What identity providers send beside the standard, brought to what RFC 7644 has.

Entra writes truth as `"False"`, also as the value of a list of one, and a manager as a plain id; Okta renames
a group with the group's id among what changes.  Names are read without regard to case (RFC 7643 2.1).  What
can be told by a policy of the library is in `offer`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import orjson

CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_TRUTHS: Final = {"true": True, "false": False}
_ACTIVE: Final = frozenset({"active", f"{CORE}:active".lower()})
_MANAGER: Final = frozenset({"manager", f"{ENTERPRISE}:manager".lower()})
_NOT_CHANGED: Final = frozenset({"id", "schemas", "meta"})
"""What a change without a path may repeat and cannot change."""
Said = dict[str, Any]


def standard(body: bytes) -> bytes:
    """The body as the standard has it; one that is no JSON object as it is."""
    said = _read(body)
    if said is None:
        return body
    operations = _operations(said)
    if operations is None:
        return orjson.dumps(_resource(said))
    name = next(name for name in said if name.lower() == "operations")
    return orjson.dumps({**said, name: [_operation(each) for each in operations]})


def deactivates(body: bytes) -> bool:
    """Whether a body that changes a User, as the standard has it, leaves them inactive by its last word."""
    said = _read(body)
    if said is None:
        return False
    operations = _operations(said)
    words = list(_words(said) if operations is None else _words_of(operations))
    return bool(words) and words[-1] is False


def _read(body: bytes) -> Said | None:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("Said", said) if isinstance(said, dict) else None


def _operations(said: Said) -> list[Any] | None:
    found = next((value for name, value in said.items() if name.lower() == "operations"), None)
    return cast("list[Any]", found) if isinstance(found, list) else None


def _words_of(operations: list[Any]) -> Iterator[Any]:
    for each in operations:
        if not isinstance(each, dict):
            continue
        operation = _lowered(cast("Said", each))
        path, value = operation.get("path"), operation.get("value")
        if isinstance(path, str) and path.lower() in _ACTIVE:
            yield value
        elif not path and isinstance(value, dict):
            yield from _words(cast("Said", value))


def _words(said: Said) -> Iterator[Any]:
    yield from (value for name, value in said.items() if name.lower() in _ACTIVE)


def _operation(sent: Any) -> Any:
    if not isinstance(sent, dict):
        return sent
    operation = _lowered(cast("Said", sent))
    op, path, value = operation.get("op"), operation.get("path"), operation.get("value")
    if isinstance(op, str):
        operation["op"] = op.lower()
    if isinstance(path, str) and path.lower() in _ACTIVE:
        operation["value"] = _truth(value)
    elif isinstance(path, str) and path.lower() in _MANAGER:
        operation["path"] = f"{ENTERPRISE}:manager"
        if value is not None:
            operation["value"] = _manager(value)
    elif isinstance(value, dict):
        changed = _resource(cast("Said", value))
        operation["value"] = changed if path else _without(changed, _NOT_CHANGED)
    return operation


def _resource(said: Said) -> Said:
    resource = {**said}
    for name, value in said.items():
        if name.lower() in _ACTIVE:
            resource[name] = _truth(value)
        elif name.lower() == f"{ENTERPRISE}:manager".lower():
            resource[name] = _manager(value)
        elif name.lower() == ENTERPRISE.lower() and isinstance(value, dict):
            stated = cast("Said", value)
            resource[name] = {
                inner: _manager(stated[inner]) if inner.lower() == "manager" else stated[inner]
                for inner in stated
            }
    return resource


def _truth(value: Any) -> Any:
    value = _alone(value)
    return _TRUTHS.get(value.lower(), value) if isinstance(value, str) else value


def _manager(value: Any) -> Any:
    if isinstance(value, list):
        values = cast("list[Any]", value)
        return _manager(values[0]) if len(values) == 1 else values
    return {"value": value} if isinstance(value, str) and value else value


def _alone(value: Any) -> Any:
    """The one value of a list of one, or of `{"value": ...}`."""
    if isinstance(value, list):
        values = cast("list[Any]", value)
        return _alone(values[0]) if len(values) == 1 else values
    if isinstance(value, dict):
        stated = cast("Said", value)
        return _alone(stated["value"]) if "value" in stated else stated
    return value


def _lowered(operation: Mapping[str, Any]) -> Said:
    """With the names of an operation's parts in small letters."""
    return {name.lower(): value for name, value in operation.items()}


def _without(said: Said, names: frozenset[str]) -> Said:
    return {name: value for name, value in said.items() if name.lower() not in names}
