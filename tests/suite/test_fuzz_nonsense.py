"""What no description allows, sent to every route by somebody who may: refused as a problem, never a 5xx.

Bodies are made from the description, with ids that exist, and then every place in them is taken in turn
by every value that has been known to break a parser, a codec, a clock or a database.
"""

import asyncio
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.suite.house import SERVICES, House, description, operations
from tests.suite.seed import EVERY_ROLE

AT_ONCE = 8
LONG = "x" * 20_000
HERE = "@@here@@"
STREAM = "/inbox/stream"
TEXTS = [
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800 words"',
    '"\\ufeff\\u202e\\u2028"',
    '"\U0001f9d1‍\U0001f4bb"',
    '""',
    '"  "',
    json.dumps(LONG),
    '"$where"',
    '"a.b.$c"',
    '"%s %n {0} {x} ${x}"',
    '"NaN"',
]
NUMBERS = [
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 400,
    "1" + "0" * 5000,
    "1e400",
    "-1e400",
    "1e308",
    "1e-400",
    "NaN",
    "Infinity",
    "-Infinity",
    "-0.0",
    "0.1",
]
TIMES = [
    '"0000-01-01"',
    '"0001-01-01"',
    '"9999-12-31"',
    '"10000-01-01"',
    '"2026-02-30"',
    '"0001-01-01T00:00:00+23:59"',
    '"0001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.999999-23:59"',
    '"9999-12-31T23:59:59.999999Z"',
    '"2026-01-01T00:00:00"',
    '"2026-06-30T23:59:60Z"',
    "253402300800",
    "-62135596801",
    "1e30",
]
SHAPES = [
    "null",
    "true",
    "[]",
    "{}",
    "[[[[1]]]]",
    '{"$gt": ""}',
    "[" * 400 + "]" * 400,
    '{"a":' * 150 + "1" + "}" * 150,
]
KEYS = ['"\\u0000"', '"\\ud800"', '"$set"', '"a.b"', '"_id"', '"__proto__"', '""', json.dumps(LONG)]
NOT_JSON = [
    b"{",
    b"\xff\xfe",
    b"[]",
    b'"text"',
    b"1",
    b"{}{}",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    "{}".encode("utf-16"),
    b"1" * 6000,
]
TYPES = [
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/json; charset=nonsense",
    "application/merge-patch+json",
    "nonsense",
    "/",
    "text/csv",
    "",
]
IDS = [
    "a" * 5000,
    "..%2f..%2fetc%2fpasswd",
    "a%2fb",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F%98%80",
    "%e2%80%ae",
    "%24where",
    "%7b%22%24gt%22%3a%22%22%7d",
    "%20",
    "-1",
    "None",
    "%25s",
    "a;b=c",
    ".",
]
QUERIES = [
    *IDS,
    "1e400",
    "9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 5000,
    "NaN",
    "",
    "0001-01-01",
    "9999-12-31",
    "2026-13-01",
]
WORDS = [
    "a" * 9000,
    "\x7f",
    "\xff\xfe",
    "*",
    '"v1"',
    '"v' + "9" * 40 + '"',
    'W/"v1"',
    "x, y, z",
    "0",
    "-1",
    "²",
    "9" * 25,
    "${x}",
    "٣".encode().decode("latin-1"),
]
HEADERS = [
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Cairn-Time",
    "X-Correlation-Id",
    "traceparent",
    "Accept",
    "Accept-Encoding",
    "Range",
    "Host",
    "Origin",
    "Last-Event-ID",
    "X-HTTP-Method-Override",
    "X-Forwarded-Proto",
]  # fmt: skip
INSTANTS = [
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "-1",
]


@dataclass(frozen=True)
class Sent:
    """One request, as far as it differs from a good one."""

    method: str
    path: str
    template: str
    content: bytes | None = None
    headers: Sequence[tuple[str, str]] = ()
    query: str = ""
    what: str = field(default="", compare=False)


class Sender:
    """Sends many at once and tells those that were answered as nothing may be."""

    def __init__(self, name: str, house: House) -> None:
        self._name = name
        self._house = house
        self._token = house.token(house.staff["boss"], *EVERY_ROLE)

    async def wrong(self, requests: Iterator[Sent], *, statuses: Sequence[int] = ()) -> list[str]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            told: list[str] = []

            async def send() -> None:
                for sent in requests:
                    answer = await self._send(client, sent)
                    if said := self._wrong(sent, answer, statuses):
                        told.append(said)

            await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        return told

    async def _send(self, client: httpx.AsyncClient, sent: Sent) -> httpx.Response:
        url = f"{self._house.addresses.services[self._name]}{sent.path}?{sent.query}".rstrip("?")
        headers = [("Authorization", f"Bearer {self._token}"), *sent.headers]
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        request = client.build_request(sent.method, url, headers=raw, content=sent.content)
        async with client.stream(
            request.method, request.url, headers=request.headers, content=sent.content
        ) as answer:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return answer
            await answer.aread()
        return answer

    def _wrong(self, sent: Sent, answer: httpx.Response, statuses: Sequence[int]) -> str:
        kind = answer.headers.get("content-type", "")
        problem = kind == "application/problem+json"
        said = f"{sent.method} {sent.template} {sent.what}: {answer.status_code} {kind}"
        if answer.status_code >= 500:
            trouble = self._house.trouble(self._name, answer.headers.get("x-correlation-id", "none"))
            return f"{said}\n{trouble}"
        if answer.status_code >= 400 and not (problem and answer.json()["status"] == answer.status_code):
            return f"{said}: no problem"
        return said if statuses and answer.status_code not in statuses else ""


class Maker:
    """Makes good requests from the description, for the ids that exist."""

    def __init__(self, name: str, house: House) -> None:
        self._name = name
        self._house = house
        self._description = description(name)
        self._dice = random.Random(name)

    def path(self, template: str, *, method: str = "GET") -> str:
        path = template
        for name in self._parameters(template):
            known = self._house.ids.get(name, ["x"])
            if method == "GET" and name == "person_id":
                known = self._house.ids["staff_id"]
            path = path.replace(f"{{{name}}}", quote(self._dice.choice(known), safe=""))
        return path

    def body(self, operation: Mapping[str, Any]) -> Any:
        content = operation["requestBody"]["content"]
        if "application/json" not in content:
            return None
        return self._sample(content["application/json"]["schema"], "")

    @staticmethod
    def _parameters(template: str) -> list[str]:
        return [each.partition("}")[0] for each in template.split("{")[1:]]

    def _sample(self, schema: Mapping[str, Any], name: str) -> Any:
        if "$ref" in schema:
            found: Any = self._description
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self._sample(found, name)
        for ways in ("anyOf", "oneOf", "allOf"):
            if ways in schema:
                options = [each for each in schema[ways] if each.get("type") != "null"]
                return self._sample(options[0], name)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        return self._of_type(schema, name)

    def _of_type(self, schema: Mapping[str, Any], name: str) -> Any:
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                made = {key: self._sample(each, key) for key, each in fields.items()}
                other = schema.get("additionalProperties")
                if isinstance(other, dict) and not fields:
                    names = self._sample(schema.get("propertyNames", {"const": "achievements"}), "")
                    made[names if isinstance(names, str) else "achievements"] = self._sample(other, "")
                return made
            case "array":
                return [self._sample(schema.get("items") or schema["prefixItems"][0], name)]
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return False
            case _:
                return self._text(schema, name)

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        known = {"date": "2099-06-01", "date-time": "2026-06-01T09:00:00Z"}.get(schema.get("format", ""))
        one = name.removesuffix("s")
        if one.endswith(("person_id", "manager_id", "owner_id", "receiver_id", "partner_id")):
            known = self._dice.choice(self._house.ids["staff_id"])
        if one == "parent_id":
            one = "unit_id" if self._name == "people" else "goal_id"
        if one in self._house.ids:
            known = self._dice.choice(self._house.ids[one])
        return known or "text"


def places(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body, from the outside in."""
    yield at
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def replaced(body: Any, at: tuple[Any, ...], raw: str) -> bytes:
    """The body with other JSON in one place, in its bytes."""
    return _with(body, at, HERE).replace(f'"{HERE}"', raw).encode()


def with_key(body: Any, at: tuple[Any, ...], raw: str) -> bytes:
    """The body with one more key in the object at that place."""
    found = body
    for step in at:
        found = found[step]
    return _with(body, at, {**found, HERE: next(iter(found.values()), 1)}).replace(f'"{HERE}"', raw).encode()


def _with(body: Any, at: tuple[Any, ...], value: Any) -> str:
    copy = json.loads(json.dumps({"": body}))
    target = copy
    for step in ("", *at)[:-1]:
        target = target[step]
    target[("", *at)[-1]] = value
    return json.dumps(copy[""])


def taking(name: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The operations with a JSON body."""
    for method, template, operation in operations(name):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            yield method, template, operation


JSON = ("Content-Type", "application/json")


def nonsense_in_bodies(name: str, house: House) -> Iterator[Sent]:
    maker = Maker(name, house)
    for method, template, operation in taking(name):
        body = maker.body(operation)
        for at in places(body):
            for raw in [*TEXTS, *NUMBERS, *TIMES, *SHAPES]:
                what = f"{'.'.join(map(str, at))} = {raw[:60]}"
                content = replaced(body, at, raw)
                yield Sent(method, maker.path(template, method=method), template, content, [JSON], what=what)
            found = body
            for step in at:
                found = found[step]
            for raw in KEYS if isinstance(found, dict) else ():
                what = f"{'.'.join(map(str, at))} has {raw[:60]}"
                content = with_key(body, at, raw)
                yield Sent(method, maker.path(template, method=method), template, content, [JSON], what=what)


@pytest.mark.parametrize("name", SERVICES)
async def test_no_value_in_any_place_of_a_body_is_more_than_refused(house: House, name: str) -> None:
    assert await Sender(name, house).wrong(nonsense_in_bodies(name, house)) == []


def too_large(name: str, house: House) -> Iterator[Sent]:
    maker = Maker(name, house)
    for method, template, _ in taking(name):
        yield Sent(method, maker.path(template, method=method), template, b" " * 1_048_577, [JSON])


@pytest.mark.parametrize("name", SERVICES)
async def test_a_body_that_is_too_large_is_refused(house: House, name: str) -> None:
    assert await Sender(name, house).wrong(too_large(name, house), statuses=[413]) == []


def nonsense_in_addresses(name: str, house: House) -> Iterator[Sent]:
    maker = Maker(name, house)
    for method, template, operation in operations(name):
        if template == STREAM:
            continue
        body = None
        if "requestBody" in operation:
            body = json.dumps(maker.body(operation)).encode()
        for parameter in Maker._parameters(template):
            for id_ in IDS:
                path = template.replace(f"{{{parameter}}}", id_)
                path = maker.path(path, method=method)
                yield Sent(method, path, template, body, [JSON] if body else [], what=id_[:60])
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query":
                continue
            path = maker.path(template, method=method)
            for value in QUERIES:
                query = f"{parameter['name']}={value}"
                yield Sent(method, path, template, body, [JSON] if body else [], query, what=query[:60])
            twice = f"{parameter['name']}=1&{parameter['name']}=2"
            yield Sent(method, path, template, body, [JSON] if body else [], twice, what=twice)


@pytest.mark.parametrize("name", SERVICES)
async def test_no_id_and_no_query_is_more_than_refused(house: House, name: str) -> None:
    assert await Sender(name, house).wrong(nonsense_in_addresses(name, house)) == []


def no_such_address(name: str, house: House) -> Iterator[Sent]:
    maker = Maker(name, house)
    for path in ("/", "/nonsense", "//", "/%00", "/docs/assets/..%2f..%2fservice.py", "/" + LONG):
        yield Sent("GET", path, path[:60])
    for template in description(name)["paths"]:
        yield Sent("GET", f"{maker.path(template)}/nonsense", template, what="/nonsense")


@pytest.mark.parametrize("name", SERVICES)
async def test_an_address_that_does_not_exist_is_a_problem(house: House, name: str) -> None:
    assert await Sender(name, house).wrong(no_such_address(name, house), statuses=[404]) == []


def no_such_method(name: str, house: House) -> Iterator[Sent]:
    maker, paths = Maker(name, house), description(name)["paths"]
    for template, item in paths.items():
        known = {method.upper() for method in item}
        # An address such as /goals/export is also one of /goals/{goal_id}, which takes what it takes.
        for other, methods in paths.items():
            if re.fullmatch(re.sub(r"\{[^/]*\}", "[^/{}]+", other), template):
                known |= {method.upper() for method in methods}
        for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "TRACE", "OPTIONS"} - known:
            yield Sent(method, maker.path(template), template)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_method_that_an_address_does_not_take_is_a_problem(house: House, name: str) -> None:
    assert await Sender(name, house).wrong(no_such_method(name, house), statuses=[405]) == []
