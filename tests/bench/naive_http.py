"""The handler of an afternoon: a transaction for each request, an outbox, a relay.

Run as `python -m tests.bench.naive_http PORT MONGO_URL DATABASE KAFKA JWKS_URL ISSUER`.  It takes a
value of a key result as the goals service does, with the same effects: the goal changed, the
measurement kept, an event and a state to send.  It checks the token, the shape of the body and that
the caller owns the goal; it has no access table, no idempotency, no entity tags.
"""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import jwt
import orjson
import uvicorn
from aiokafka import AIOKafkaProducer
from bson import ObjectId
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from pymongo import ReturnDocument

from deploy.local.issuer import AUDIENCE
from shared import mongo
from tests.bench import sessions

TOPIC = "bench.naive.events"
PAGE = 1000


class NewMeasurement(BaseModel):
    """A value of a key result."""

    value: float
    note: str = ""


def app_of(url: str, database: str, bootstrap: str, jwks_url: str, issuer: str) -> FastAPI:
    """The service."""
    keys = jwt.PyJWKClient(jwks_url, cache_keys=True)
    bearer = HTTPBearer()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            mongo.connect(url) as client,
            AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=1) as producer,
        ):
            app.state.client, app.state.db = client, mongo.database(client, database)
            relaying = asyncio.create_task(relay(app.state.db, producer))
            yield
            relaying.cancel()

    app = FastAPI(lifespan=lifespan)

    async def caller(found: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        key = keys.get_signing_key_from_jwt(found.credentials)
        claims = jwt.decode(
            found.credentials, key, algorithms=["ES256"], issuer=issuer, audience=AUDIENCE, leeway=30
        )
        return str(claims["sub"])

    @app.post("/goals/{goal_id}/key-results/{key_result_id}/measurements", status_code=201)
    async def measure(
        goal_id: str, key_result_id: str, new: NewMeasurement, person_id: Annotated[str, Depends(caller)]
    ) -> dict[str, Any]:
        db, at = app.state.db, datetime.now(UTC)

        async def effects(session: Any) -> dict[str, Any]:
            goal = await db["goals"].find_one({"_id": goal_id}, session=session)
            if goal is None or goal["owner_id"] != person_id:
                raise HTTPException(404)
            for result in goal["key_results"]:
                if result["key_result_id"] == key_result_id:
                    result["current"], result["measured_at"] = new.value, at
            version = goal["version"]
            goal["version"], goal["sequence"] = version + 1, goal["sequence"] + 1
            kept = {
                "_id": f"measurement_{uuid.uuid4().hex}",
                "goal_id": goal_id,
                "key_result_id": key_result_id,
                "value": new.value,
                "measured_at": at,
                "by_person_id": person_id,
                "note": new.note,
            }
            await db["goals"].find_one_and_replace(
                {"_id": goal_id, "version": version},
                goal,
                session=session,
                return_document=ReturnDocument.AFTER,
            )
            await db["measurements"].insert_one(kept, session=session)
            said = {"goal_id": goal_id, "key_result_id": key_result_id, "value": new.value}
            rows = [
                {
                    "_id": ObjectId(),
                    "key": goal_id,
                    "sequence": goal["sequence"],
                    "value": orjson.dumps(value, default=str),
                    "sent": False,
                }
                for value in (said, goal)
            ]
            await db["outbox"].insert_many(rows, session=session)
            return kept

        async with sessions.session(app.state.client) as session:
            return await session.with_transaction(effects, write_concern=mongo.MAJORITY)

    return app


async def relay(db: Any, producer: AIOKafkaProducer) -> None:
    """Send what waits, a page at a time, and mark it."""
    while True:
        rows = await db["outbox"].find({"sent": False}).sort("_id", 1).limit(PAGE).to_list(None)
        sent = [await producer.send(TOPIC, row["value"], key=row["key"].encode()) for row in rows]
        await asyncio.gather(*sent)
        if rows:
            within = {"_id": {"$in": [row["_id"] for row in rows]}}
            await db["outbox"].update_many(within, {"$set": {"sent": True}})
        else:
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    port, *others = sys.argv[1:]
    uvicorn.run(
        app_of(*others), host="127.0.0.1", port=int(port), loop="uvloop", log_config=None, access_log=False
    )
