"""What is held of people, and how it is forgotten and handed out: each service says what, this says how.

Held, Fate, COPY                       what a collection holds of people, and what becomes of it
Forget, Forgetter, begin_forgetting    a person who was erased is forgotten, pass by pass
personal_data                          all that is handed out of a person
"""

from shared.erasure.forgetting import (
    FORGETTINGS,
    INDEXES,
    TURNS,
    Forget,
    Forgetter,
    begin_forgetting,
    erasure_id_of,
)
from shared.erasure.held import COPY, Fate, Held, personal_data

__all__ = [
    "COPY",
    "FORGETTINGS",
    "INDEXES",
    "TURNS",
    "Fate",
    "Forget",
    "Forgetter",
    "Held",
    "begin_forgetting",
    "erasure_id_of",
    "personal_data",
]
