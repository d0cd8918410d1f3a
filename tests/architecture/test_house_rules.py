"""The rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import isasyncgenfunction, iscoroutinefunction, isfunction
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.contracts.base import Event
from shared.contracts.catalogue import PUBLISHERS, messages_of
from shared.service import Service

ROOT = Path(__file__).parents[2]
SERVICES = sorted(PUBLISHERS)
SECTION = re.compile(r"^(When|May|Rule|Emits|Then) +(.*(?:\n {8}.*)*)", re.MULTILINE)
ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[^\s,)]*)")
LONGEST_MODULE = 350


def source_files() -> list[Path]:
    return sorted(path for top in ("services", "shared", "deploy") for path in (ROOT / top).rglob("*.py"))


def use_case_files() -> list[Path]:
    found = (ROOT / "services").glob("*/usecases/*.py")
    return sorted(path for path in found if path.name != "__init__.py")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def header(path: Path) -> dict[str, str]:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return {match[1]: match[2] for match in SECTION.finditer(docstring)}


@cache
def service(name: str) -> Service:
    return import_module(f"services.{name}.app").SERVICE


def routes_of(name: str) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, operations in service(name).api().openapi()["paths"].items()
        for method in operations
    }


def emitted(path: Path) -> set[str]:
    return set(re.findall(r"\b([a-z]+\.[A-Z][A-Za-z]+)", header(path).get("Emits", "")))


def followers(path: Path) -> set[str]:
    return set(re.findall(r"\b([a-z]+\.[a-z_]+)\b", header(path).get("Then", "")))


@pytest.mark.parametrize("path", source_files(), ids=named)
def test_a_module_says_what_it_is_and_is_one_room(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "a module's docstring says what it owns"
    assert len(text.splitlines()) <= LONGEST_MODULE, "a module that grows so long is two rooms"


@pytest.mark.parametrize("path", use_case_files(), ids=named)
def test_a_use_case_says_when_it_runs_who_may_and_what_follows(path: Path) -> None:
    said = header(path)
    assert {"When", "Rule"} <= set(said) or {"When", "Emits"} <= set(said), said
    owner = path.parents[1].name
    names = {kind.__name__ for kind in messages_of(owner)}
    for event in emitted(path):
        publisher, _, kind = event.partition(".")
        assert publisher == owner, f"{event} is not this service's to emit"
        assert kind in names, f"{event} is not in the contract"


@pytest.mark.parametrize("path", use_case_files(), ids=named)
def test_the_routes_that_a_use_case_names_exist(path: Path) -> None:
    known = routes_of(path.parents[1].name)
    for method, route in ROUTE.findall(header(path).get("When", "")):
        assert (method, route) in known, f"{method} {route}"


@pytest.mark.parametrize("path", use_case_files(), ids=named)
def test_what_is_said_to_follow_reacts_to_what_is_emitted(path: Path) -> None:
    owner = path.parents[1].name
    kinds = {kind.__name__: kind for kind in messages_of(owner)}
    events = {kinds[event.partition(".")[2]] for event in emitted(path)}
    for follower in followers(path):
        other, _, reaction = follower.partition(".")
        fanned_out = other == owner and (path.parent / f"{reaction}.py").exists()
        assert fanned_out or any(reaction in names_of(service(other), kind) for kind in events), follower


def names_of(other: Service, kind: Any) -> set[str]:
    reactions = other.reactions.get(kind, ())
    return {each.__name__ for each in (reactions if isinstance(reactions, tuple) else (reactions,))}


@pytest.mark.parametrize("name", SERVICES)
def test_every_event_of_a_contract_is_emitted_by_a_use_case(name: str) -> None:
    claimed = {event for path in use_case_files() if path.parents[1].name == name for event in emitted(path)}
    events = {f"{name}.{kind.__name__}" for kind in messages_of(name) if issubclass(kind, Event)}
    assert events <= claimed, sorted(events - claimed)


@pytest.mark.parametrize("name", SERVICES)
def test_every_use_case_is_listed_in_the_app_or_part_of_one_that_is(name: str) -> None:
    app = (ROOT / "services" / name / "app.py").read_text()
    mine = [path for path in use_case_files() if path.parents[1].name == name]
    for path in mine:
        used = any(f"usecases.{path.stem} import" in other.read_text() for other in mine if other != path)
        assert path.stem in app or used, f"{path.stem} is not listed in app.py"


@pytest.mark.parametrize("name", SERVICES)
def test_no_route_or_dependency_takes_a_thread(name: str) -> None:
    """FastAPI runs what is not asynchronous in a thread: a change of threads for every request."""
    calls = [
        call
        for router in service(name).routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for call in callables_of(route.dependant)
    ]
    assert calls
    threaded = {call for call in calls if not iscoroutinefunction(call) and not isasyncgenfunction(call)}
    assert threaded == set()


def callables_of(dependant: Dependant) -> Iterator[object]:
    """What FastAPI calls for a route; an object's `__call__` for the object."""
    call = dependant.call
    yield call if isfunction(call) else type(call).__call__
    for each in dependant.dependencies:
        yield from callables_of(each)


def words() -> Iterator[str]:
    yield from ("TO" + "DO", "FIX" + "ME", "XXX")


@pytest.mark.parametrize("path", source_files(), ids=named)
def test_nothing_is_left_for_later_in_the_source(path: Path) -> None:
    assert not any(re.search(rf"\b{word}\b", path.read_text()) for word in words())
