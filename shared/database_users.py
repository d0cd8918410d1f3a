"""The users that MongoDB knows: each has rights on one database, its own.

They are kept in the database `admin`, and prove themselves by SCRAM-SHA-256.  Safe to run again: password
and rights are set anew.  Knows no service.
"""

from typing import Final

from pymongo.errors import OperationFailure

from shared import mongo

KNOWN_USER: Final = 51003
MECHANISMS: Final = ("SCRAM-SHA-256",)
ROLE: Final = "readWrite"
"""Documents, collections, indexes, change streams; neither other users nor the database as a whole."""


async def let_in(client: mongo.Client, *, user: str, password: str, database: str) -> None:
    """Make the user, or set its password and rights anew.

    Raises:
        PyMongoError: the server is out of reach or refuses.
    """
    roles = [{"role": ROLE, "db": database}]
    rights: mongo.Doc = {"pwd": password, "roles": roles, "mechanisms": list(MECHANISMS)}
    try:
        await client.admin.command("createUser", user, **rights)
    except OperationFailure as error:
        if error.code != KNOWN_USER:
            raise
        await client.admin.command("updateUser", user, **rights)


__all__ = ["let_in"]
