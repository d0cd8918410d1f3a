"""From a document that a message wants to the write that the database is sent."""

from typing import Any, cast

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne

from shared.mongo import WriteOp
from shared.work.transaction import Doc

WIDE = 16
"""Fields from which on a document is not replaced but its fields are set that differ: of one that is replaced
MongoDB reckons the keys of every index, of which a wide one has many."""


def operation(id_: Any, stored: int, doc: Doc | None, before: Doc | None) -> WriteOp | None:
    """What makes of the `stored` version, which is `before`, this document; None for nothing."""
    if doc is None:
        return DeleteOne({"_id": id_, "version": stored}) if stored else None
    if not stored:
        return InsertOne(doc)
    if before is not None and len(doc) >= WIDE:
        return UpdateOne({"_id": id_, "version": stored}, _difference(before, doc))
    return ReplaceOne({"_id": id_, "version": stored}, doc)


def _same(one: Any, other: Any) -> bool:
    """Whether MongoDB would store both alike: True equals 1 and is not the same."""
    if one != other or isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(other, dict):
        return all(_same(one[name], value) for name, value in cast("Doc", other).items())
    if isinstance(other, list | tuple):
        return all(map(_same, one, cast("list[Any]", other)))
    return True


def _difference(before: Doc, doc: Doc) -> Doc:
    """The update that makes one document of the other; fields are named as attributes are, without dots."""
    update: Doc = {
        "$set": {name: value for name, value in doc.items() if not _same(before.get(name, ...), value)}
    }
    gone = before.keys() - doc.keys()
    if gone:
        update["$unset"] = dict.fromkeys(gone, "")
    return update


def version_of(doc: Doc | None) -> int:
    """Of a document; 0 of none."""
    return 0 if doc is None else int(doc["version"])


__all__ = ["operation", "version_of"]
