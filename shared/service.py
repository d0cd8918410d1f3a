"""What a service is made of, listed, and the one ASGI app that it becomes.

A service is a value: its name, access table, routes, reactions, fan-outs, collections and workers.
`shared.runtime` brings it to life; nothing here does I/O, so that schemas are made without engines.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from pymongo import IndexModel
from pymongo.errors import PyMongoError
from starlette.types import ASGIApp

from shared.access import Table
from shared.asyncapi import asyncapi_document
from shared.audit.reads import Confidential, always
from shared.contracts import catalogue
from shared.contracts.base import Inbound, Message, State
from shared.contracts.erasure import Forgotten
from shared.contracts.people import PersonState, UnitState
from shared.directory import FAN_OUTS as DIRECTORY_FAN_OUTS
from shared.directory import forget_person, forget_unit, keep_person, keep_unit
from shared.docs_pages import add_docs
from shared.edge import Edge
from shared.erasure import Ages, Forget, Held, begin_forgetting
from shared.fan_out import FanOut
from shared.http.audited import READ as READ_AUDIT
from shared.http.audited import audit_router
from shared.http.personal import READ as READ_PERSONAL_DATA
from shared.http.personal import personal_data_router
from shared.http.served import served
from shared.known_fields import close_bodies
from shared.messaging.envelope import topic_of
from shared.messaging.incoming import Reaction, Subscription
from shared.metrics import Metrics
from shared.migrations import Migration
from shared.problem_docs import describe, describe_problems
from shared.problems import add_problem_handlers
from shared.settings import Settings
from shared.watchdog import watched
from shared.work import Unsettled

if TYPE_CHECKING:
    from shared.runtime import Runtime
    from shared.worker import Worker

Reactions = Mapping[type[Message], Reaction | tuple[Reaction, ...]]
DIRECTORY: Reactions = {PersonState: keep_person, UnitState: keep_unit}
DIRECTORY_ERASURES: Reactions = {PersonState: (forget_person, begin_forgetting), UnitState: forget_unit}


def _no_workers(runtime: "Runtime") -> "Sequence[Worker]":
    del runtime
    return ()


async def _nothing(runtime: "Runtime") -> None:
    del runtime


@dataclass(frozen=True, slots=True)
class Service:
    """One service, by what it consists of.

    `reactions` and `erasures` go by message type; a tuple runs in order in one transaction.  `erasures` of
    people and units follow those of the directory copy.  `inbound` are reactions to what systems of the
    enterprise tell: they are given a `Told`.
    `collections` are indexes by collection, made before the first request.  `directory` is whether
    the service keeps a local copy of the people.  `workers` are its own background jobs, and
    `prepare` runs once before any of them.  `large_bodies` is how many bytes are taken at the paths
    that take files, where others take `max_body_bytes` of the settings.  `confidential` are the actions of
    its access table whose reads are audited, and of which documents; `unaudited` collections whose ids are
    words, such as an address: the audit says nothing of them.  `states` are the published states, each with
    its collection and the aggregate there, for after a restore.  `held` is what the service keeps of people
    and has a route that hands it out, and `forget` deletes what of it goes when somebody is erased; `ages` is
    what of it is removed once it is old, where days are set.
    `retired` are indexes by collection that no process asks for any more, and `migrations` what is done with
    documents of older versions; both follow a roll-out.
    `mounts` are protocols of others' making, by the path below which they are served; None where the
    settings do not ask for it.
    """

    name: str
    title: str
    access: Table
    routers: Sequence[APIRouter]
    collections: Mapping[str, Sequence[IndexModel]]
    reactions: Reactions = field(default_factory=dict[type[Message], Reaction])
    erasures: Reactions = field(default_factory=dict[type[Message], Reaction])
    inbound: Mapping[type[Inbound], Reaction] = field(default_factory=dict[type[Inbound], Reaction])
    fan_outs: Sequence[FanOut] = ()
    directory: bool = True
    workers: Callable[["Runtime"], Sequence["Worker"]] = _no_workers
    prepare: Callable[["Runtime"], Awaitable[None]] = _nothing
    large_bodies: Mapping[str, int] = field(default_factory=dict[str, int])
    confidential: Confidential = field(default_factory=dict[str, Callable[[Any], bool]])
    states: Mapping[type[State], tuple[str, type[Any]]] = field(
        default_factory=dict[type[State], tuple[str, type[Any]]]
    )
    unaudited: Collection[str] = ()
    held: Sequence[Held] = ()
    forget: Forget | None = None
    ages: Sequence[Ages] = ()
    retired: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    migrations: Sequence[Migration] = ()
    mounts: Mapping[str, Callable[["Runtime"], ASGIApp | None]] = field(
        default_factory=dict[str, "Callable[[Runtime], ASGIApp | None]"]
    )

    @property
    def publishes(self) -> Sequence[type[Message]]:
        """The events and states that it owns."""
        return catalogue.messages_of(self.name)

    @property
    def audited_reads(self) -> Confidential:
        """The actions whose reads are audited; what is held of a person, and the audit itself, among them."""
        return {**self.confidential, READ_PERSONAL_DATA: always, READ_AUDIT: always}

    def _mechanism(self) -> Sequence[APIRouter]:
        """The routes that every service has alike, where its access table says who may."""
        personal = (personal_data_router(self.name, self.held),) if self.held else ()
        return (*personal, audit_router()) if READ_AUDIT in self.access.reads else personal

    @property
    def forgotten(self) -> type[Forgotten]:
        """How it tells that it has forgotten somebody."""
        return next(kind for kind in self.publishes if issubclass(kind, Forgotten))

    @property
    def expansions(self) -> Sequence[FanOut]:
        """All fan-outs, those of the directory copy included."""
        return (*(DIRECTORY_FAN_OUTS if self.directory else ()), *self.fan_outs)

    def subscriptions(self) -> Sequence[Subscription]:
        """What it does with each topic that it reads, by topic name."""
        reactions = {**(DIRECTORY if self.directory else {}), **self.reactions}
        erasures = _after(DIRECTORY_ERASURES if self.directory else {}, self.erasures)
        topics = sorted({topic_of(kind) for kind in (*reactions, *erasures)})
        return [
            Subscription(topic, _of_topic(topic, reactions), _states(_of_topic(topic, erasures)))
            for topic in topics
        ]

    def inbound_subscriptions(self) -> Sequence[Subscription]:
        """What it does with each topic on which it is told something from outside."""
        topics = sorted({topic_of(kind) for kind in self.inbound})
        reactions: dict[type[Message], Reaction | tuple[Reaction, ...]] = {**self.inbound}
        return [Subscription(topic, _of_topic(topic, reactions)) for topic in topics]

    def api(self) -> FastAPI:
        """The routes alone, for schemas."""
        routes = [*served([*self.routers, *self._mechanism()])]
        api = FastAPI(title=self.title, version="1", docs_url=None, redoc_url=None, routes=routes)
        describe(api, close_bodies)
        describe_problems(api)
        return api

    def asyncapi(self) -> dict[str, Any]:
        """What it publishes and reads, as AsyncAPI 3."""
        reads = [kind for each in self.subscriptions() for kind in each.reactions]
        return asyncapi_document(
            title=f"{self.title}: events", publishes=self.publishes, reads=reads, takes=list(self.inbound)
        )

    def app(self, settings: Settings) -> FastAPI:
        """The ASGI app; its lifespan starts and stops everything else."""
        from shared.runtime import Runtime  # noqa: PLC0415  they know each other

        api = self.api()
        metrics = Metrics(self.name)
        runtime = Runtime(self, settings, metrics)

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
            del app
            await runtime.start()
            try:
                with watched(health.live, seconds=settings.watchdog_seconds):
                    yield
            finally:
                await runtime.stop()

        api.router.lifespan_context = lifespan
        health = runtime.furnish(api)
        for path, make in self.mounts.items():
            if (mounted := make(runtime)) is not None:
                api.mount(path, mounted)
        add_problem_handlers(api, unavailable=(Unsettled, PyMongoError))
        add_docs(api, events=self.asyncapi)
        api.add_middleware(
            Edge,
            metrics=metrics,
            max_body_bytes=settings.max_body_bytes,
            large_bodies=self.large_bodies,
            tracing=runtime.tracing,
            reads=runtime.reads,
        )
        return api


def _after(first: Reactions, then: Reactions) -> Reactions:
    """Both, those of one type one after the other."""
    return {
        kind: (*_in_turn(first.get(kind, ())), *_in_turn(then.get(kind, ()))) for kind in {**first, **then}
    }


def _in_turn(reaction: Reaction | tuple[Reaction, ...]) -> tuple[Reaction, ...]:
    return (reaction,) if callable(reaction) else reaction


def _of_topic(topic: str, reactions: Reactions) -> dict[type[Any], Sequence[Reaction]]:
    return {kind: _in_turn(reaction) for kind, reaction in reactions.items() if topic_of(kind) == topic}


def _states(erasures: dict[type[Any], Sequence[Reaction]]) -> dict[type[State], Sequence[Reaction]]:
    wrong = [kind.__name__ for kind in erasures if not issubclass(kind, State)]
    if wrong:
        raise TypeError(f"only states are erased: {', '.join(wrong)}")
    return erasures
