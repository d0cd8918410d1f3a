"""What somebody who can write to the database may do to an audit of so many rows."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from shared import mongo
from shared.audit.chain import FIRST, seal_of
from shared.audit.rows import AUDIT, HEAD
from tests.shared.audit.chaining import row

ROWS = 20
TAMPERINGS = 1_000
Tampering = Callable[[mongo.Database, random.Random], Awaitable[None]]


async def change_a_field(db: mongo.Database, dice: random.Random) -> None:
    name, value = dice.choice(
        [
            ("by", "ben"),
            ("deed", "withdraw_feedback"),
            ("at", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=dice.randrange(1000))),
            ("about", []),
            ("reasoned", True),
            ("events", ["cairn.feedback.feedback_given.v1", "x"]),
            ("roles", []),
            ("more", 1),
        ]
    )
    await db[AUDIT].update_one({"number": dice.randint(1, ROWS)}, {"$set": {name: value}})


async def add_a_field(db: mongo.Database, dice: random.Random) -> None:
    await db[AUDIT].update_one({"number": dice.randint(1, ROWS)}, {"$set": {"excuse": "none"}})


async def say_it_in_another_type(db: mongo.Database, dice: random.Random) -> None:
    """What reads the same and is found by no question about times or places, or cannot be read at all."""
    number = dice.randint(1, ROWS)
    found = await db[AUDIT].find_one({"number": number})
    assert found is not None
    changed = dice.choice(
        [
            {"at": found["at"].isoformat(timespec="milliseconds")},
            {"_id": str(found["_id"])},
            {"correlation_id": ObjectId(found["correlation_id"])},
            {"about": [b"feedback"]},
        ]
    )
    await db[AUDIT].delete_one({"number": number})
    await db[AUDIT].insert_one({**found, **changed})


async def take_a_row_away(db: mongo.Database, dice: random.Random) -> None:
    await db[AUDIT].delete_one({"number": dice.randint(1, ROWS)})


async def truncate(db: mongo.Database, dice: random.Random) -> None:
    keep = dice.randint(0, ROWS - 1)
    await db[AUDIT].delete_many({"number": {"$gt": keep}})
    last = await db[AUDIT].find_one({"number": keep})
    said = {"number": keep, "seal": last["seal"] if last else FIRST}
    await db[HEAD].update_one({}, {"$set": said})


async def put_a_row_in(db: mongo.Database, dice: random.Random) -> None:
    at = dice.randint(1, ROWS)
    await db[AUDIT].update_many({"number": {"$gte": at}}, [{"$set": {"number": {"$add": ["$number", 1000]}}}])
    await db[AUDIT].update_many(
        {"number": {"$gte": at}}, [{"$set": {"number": {"$subtract": ["$number", 999]}}}]
    )
    await db[AUDIT].insert_one(row(999) | {"sealed": True, "number": at, "seal": FIRST})


async def forge_a_row(db: mongo.Database, dice: random.Random) -> None:
    """That looks sealed and has no place in the chain."""
    place = dice.choice([{}, {"number": "7"}, {"number": 0}, {"number": -1}, {"number": None}])
    await db[AUDIT].insert_one(row(999) | {"sealed": True} | place)


async def go_on_by_hand(db: mongo.Database, dice: random.Random) -> None:
    """With rows that are chained well, of which the head knows nothing."""
    last = await db[AUDIT].find_one({"number": ROWS})
    assert last is not None
    forged = row(dice.randrange(1000)) | {"sealed": True, "number": ROWS + 1}
    forged["at"] = forged["at"].replace(microsecond=0)
    await db[AUDIT].insert_one(forged | {"seal": seal_of(last["seal"], forged)})


async def swap_two(db: mongo.Database, dice: random.Random) -> None:
    one, other = dice.sample(range(1, ROWS + 1), 2)
    await db[AUDIT].update_one({"number": one}, {"$set": {"number": 10_000}})
    await db[AUDIT].update_one({"number": other}, {"$set": {"number": one}})
    await db[AUDIT].update_one({"number": 10_000}, {"$set": {"number": other}})


async def chain_anew(db: mongo.Database, dice: random.Random) -> None:
    """As who can write to the whole database would, and knows how seals are made."""
    start = dice.randint(1, ROWS)
    rows = await db[AUDIT].find().sort("number", 1).to_list(None)
    rows[start - 1]["by"] = "nobody"
    seal = rows[start - 2]["seal"] if start > 1 else FIRST
    for each in rows[start - 1 :]:
        seal = each["seal"] = seal_of(seal, each)
        await db[AUDIT].replace_one({"_id": each["_id"]}, each)
    await db[HEAD].update_one({}, {"$set": {"seal": seal}})


KINDS: list[Tampering] = [
    change_a_field,
    add_a_field,
    say_it_in_another_type,
    take_a_row_away,
    truncate,
    put_a_row_in,
    swap_two,
    forge_a_row,
    go_on_by_hand,
    chain_anew,
]
