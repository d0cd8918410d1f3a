"""After a database was restored from a backup: make the topics say again what the database says.

    python -m shared.restored services.goals --check
    python -m shared.restored services.goals --backup-at 2026-11-27T09:00:00Z [--erasures FILE]

The first says whether no process of the service runs, before its database is dropped; it changes nothing.
The second is for afterwards.  What happened after the backup is lost here and known elsewhere:

* A backup whose collections were not read at one moment is refused, as far as it shows.  With `--torn` it is
  taken: what was under way while it was read is lost without a word.
* The epoch is raised, so that subscribers take the numbers that are given out a second time.
* States are published again where the topic has another one; what came into being after the backup is told
  to be gone, in an epoch of its own, below what may come with the same id.
* The service's own groups go back to before the backup, so that it hears once more what it has forgotten;
  what it has not forgotten it drops.
* The file of the audit's anchors is told from where the chain goes on.
* Who is in the log of erasures is not told of: `cairn privacy erase --again FILE` erases them once all runs.

Safe to run again.  Settings come from CAIRN_ variables.
"""

import argparse
import asyncio
import importlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from bson import ObjectId
from pymongo.errors import PyMongoError

from shared import mongo, torn
from shared.audit.anchors import MARGIN
from shared.audit.restoring import tell_restored
from shared.clock import in_utc
from shared.contracts.base import State
from shared.lease import LEASES
from shared.logs import configure, logger
from shared.messaging.envelope import Envelope, encode_data, outbox_row, source_of, topic_of
from shared.messaging.relay import OUTBOX
from shared.messaging.rewinding import ServiceRunsError, require_stopped, rewind
from shared.messaging.states import Newest, newest_states
from shared.messaging.topics import KafkaError
from shared.metrics import Metrics
from shared.runtime import Runtime, raise_epoch
from shared.service import Service
from shared.settings import Settings, load
from shared.store import from_document

TOOL: Final = "restored"
PAGE: Final = 1000
_log = logger(TOOL)


class Restored(NamedTuple):
    """What was done: the new epoch, states told again, aggregates told to be gone, people left out."""

    epoch: int
    told: int
    gone: int
    left_out: int


class TornBackupError(Exception):
    """The database is not what it was at one moment, or not at the moment that was said."""


async def require_nobody(service: Service, settings: Settings) -> None:
    """Return if no process of the service runs, by its groups and by its leases.

    Raises `ServiceRunsError`; `KafkaError` and `PyMongoError`.
    """
    await require_stopped(settings, _topics(service))
    runtime = Runtime(service, settings, Metrics(service.name))
    try:
        held = await runtime.db[LEASES].find_one({"$expr": {"$gt": ["$expires_at", "$$NOW"]}})
        if held is not None:
            raise ServiceRunsError(f"a process leads {held['_id']}, or did until it was killed a moment ago")
    finally:
        runtime.client.close()


def _topics(service: Service) -> Sequence[str]:
    return [each.topic for each in (*service.subscriptions(), *service.inbound_subscriptions())]


async def make_whole(
    service: Service,
    settings: Settings,
    *,
    backup_at: datetime,
    erased: Collection[str] = (),
    accept_torn: bool = False,
) -> Restored:
    """Bring topics and groups to what the restored database says.

    Raises `ServiceRunsError` while the service runs, and `TornBackupError` unless `accept_torn`; `KafkaError`
    and `PyMongoError`.
    """
    runtime = Runtime(service, settings, Metrics(service.name))
    try:
        await require_stopped(settings, _topics(service))
        await runtime.prepare_database()
        await _require_whole(runtime, backup_at=backup_at, accept_torn=accept_torn)
        # A little earlier: clocks differ, and a batch may have been under way.
        await rewind(settings, _topics(service), to=backup_at - MARGIN)
        topic = topic_of(next(iter(service.states)))
        newest = await newest_states(settings, topic)
        gone_in, now_in = await raise_epoch(runtime.db), await raise_epoch(runtime.db)
        file = settings.audit_anchor_file
        await tell_restored(runtime.db, service=service.name, file=file, backup_at=backup_at, epoch=now_in)
        known: set[str] = set()
        told = left_out = 0
        for kind, (collection, aggregate) in service.states.items():
            async for page in _pages(runtime.db, collection):
                rows: list[dict[str, Any]] = []
                for doc in page:
                    known.add(doc["_id"])
                    state: State = from_document(aggregate, doc).state()
                    if _names(state, erased):
                        left_out += 1
                    elif _differs(newest.get(doc["_id"]), doc):
                        rows.append(_row(kind, doc["_id"], now_in, doc["sequence"], state))
                told += await _insert(runtime.db, rows)
        lost = {id_: last for id_, last in newest.items() if not last.gone and id_ not in known}
        nulls = [_row(_kind_of(service, last.type), id_, gone_in, 1, None) for id_, last in lost.items()]
        for start in range(0, len(nulls), PAGE):
            await _insert(runtime.db, nulls[start : start + PAGE])
        return Restored(now_in, told, len(nulls), left_out)
    finally:
        runtime.client.close()


async def _require_whole(runtime: Runtime, *, backup_at: datetime, accept_torn: bool) -> None:
    signs = await torn.signs(runtime.db, runtime.service, runtime.settings.audit_anchor_file, backup_at)
    if signs and not accept_torn:
        raise TornBackupError("; ".join(signs))
    for sign in signs:
        _log.warning("torn", sign=sign)
    if signs:
        await torn.go_on_from_last_row(runtime.db)


async def _pages(db: mongo.Database, collection: str) -> AsyncGenerator[list[mongo.Doc]]:
    """Documents that have published something, by id, a page at a time."""
    after: dict[str, Any] = {}
    while page := await db[collection].find({**after}).sort("_id", 1).limit(PAGE).to_list(None):
        yield [doc for doc in page if doc.get("sequence", 0)]
        after = {"_id": {"$gt": page[-1]["_id"]}}


def _differs(last: Newest | None, doc: Mapping[str, Any]) -> bool:
    """Whether the topic says something else than the document, which has no number above its own."""
    return last is None or last.gone or last.sequence != doc["sequence"]


def _names(state: State, erased: Collection[str]) -> bool:
    return bool(erased) and any(value in erased for value in _texts(state.model_dump(mode="json")))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(each)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, (list, tuple)):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(each)  # pyright: ignore[reportUnknownArgumentType]


def _kind_of(service: Service, wire_type: str) -> type[State]:
    return next(kind for kind in service.states if kind.wire_type == wire_type)


def _row(kind: type[State], subject: str, epoch: int, sequence: int, state: State | None) -> dict[str, Any]:
    id_ = ObjectId()
    envelope = Envelope(
        str(id_),
        source_of(kind.publisher),
        kind.wire_type,
        subject,
        datetime.now(UTC),
        sequence,
        epoch,
        correlation_id=TOOL,
    )
    return outbox_row(id_, topic_of(kind), envelope, None if state is None else encode_data(state, envelope))


async def _insert(db: mongo.Database, rows: Sequence[dict[str, Any]]) -> int:
    if rows:
        await db[OUTBOX].insert_many(rows, ordered=True)
    return len(rows)


def erased_in(log: Path | None) -> Collection[str]:
    """The people in a log of erasures; a line that is none is told."""
    found: set[str] = set()
    for number, line in enumerate(log.read_text(errors="replace").splitlines() if log else (), start=1):
        try:
            found.add(json.loads(line)["person_id"])
        except (ValueError, KeyError, TypeError):
            if line.strip():
                _log.warning("no erasure", line=number)
    return found


def main(arguments: Sequence[str]) -> int:
    """Do it; 0, 75 when an engine is out of reach, 1 while the service runs or if the backup is torn."""
    parser = argparse.ArgumentParser(prog="python -m shared.restored", description=__doc__)
    parser.add_argument("module", help="such as services.goals")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="only say whether nobody runs")
    what.add_argument("--backup-at", type=lambda text: in_utc(datetime.fromisoformat(text)))
    parser.add_argument("--erasures", type=Path, help="the log of erasures")
    parser.add_argument("--torn", action="store_true", help="take a backup that is torn")
    given = parser.parse_args(arguments)
    configure(service=TOOL)
    service: Service = importlib.import_module(f"{given.module}.app").SERVICE
    settings = load(service.name)
    try:
        if given.check:
            asyncio.run(require_nobody(service, settings))
            _log.info("nobody runs", of=service.name)
            return 0
        erased = erased_in(given.erasures)
        making = make_whole(
            service, settings, backup_at=given.backup_at, erased=erased, accept_torn=given.torn
        )
        done = asyncio.run(making)
    except ServiceRunsError as error:
        _log.error("the service runs: stop every process of it", of=service.name, reason=str(error))
        return 1
    except TornBackupError as error:
        _log.error("the database is not what it was at that moment: take another backup", reason=str(error))
        return 1
    except (KafkaError, PyMongoError, OSError) as error:
        _log.error("could not be made whole", error=repr(error))
        return os.EX_TEMPFAIL
    _log.info("made whole", of=service.name, **done._asdict())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
