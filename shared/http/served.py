"""Routes as they are served: declared in full, solved in short.

FastAPI solves what a route depends on anew for each request, header by header through every level,
which cost half of a command's time.  What only reads the request says so with `in_short`: it stays
declared, for the API's description, and is called with the request alone.
"""

import copy
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter, request_response
from starlette.routing import BaseRoute

Short = Callable[[Request], Awaitable[Any]]
Declared = TypeVar("Declared", bound=Callable[..., Any])
_shorts: dict[Callable[..., Any], Short] = {}


def in_short(short: Short) -> Callable[[Declared], Declared]:
    """Have a dependency's value come from `short`, which must give what the dependency itself does."""

    def remember(declared: Declared) -> Declared:
        _shorts[declared] = short
        return declared

    return remember


def served(routers: Iterable[APIRouter]) -> Iterator[BaseRoute]:
    """The routes of the routers, without the routers: each level between would be asked at each request."""
    for router in routers:
        for route in router.routes:
            yield _shortened(route) if isinstance(route, APIRoute) else route


def _shortened(route: APIRoute) -> APIRoute:
    if route.max_body_size is not None:
        raise TypeError(f"{route.path}: bodies are limited by the service's `large_bodies`, not by the route")
    full, made = route.dependant, copy.copy(route)
    made.dependant = replace(full, dependencies=[_dependency(each) for each in full.dependencies])
    made.app = request_response(made.get_route_handler())
    made.dependant = full
    return made


def _dependency(full: Dependant) -> Dependant:
    short = _shorts.get(full.call) if full.call is not None else None
    if short is None:
        return full
    return Dependant(call=short, name=full.name, path=full.path, request_param_name="request")


__all__ = ["in_short", "served"]
