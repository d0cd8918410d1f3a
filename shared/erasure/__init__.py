"""What is held of people, and how it is forgotten and handed out: each service says what, this says how.

Held, Fate, COPY                       what a collection holds of people, and what becomes of it
Forget, Forgetter, begin_forgetting    a person who was erased is forgotten, pass by pass
personal_data                          all that is handed out of a person
Ages, Aged, Retention, held_people     what is over is removed once it is old, but for whom there is a hold on
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
from shared.erasure.retention import Aged, Ages, Retention, held_people

__all__ = [
    "COPY",
    "FORGETTINGS",
    "INDEXES",
    "TURNS",
    "Aged",
    "Ages",
    "Fate",
    "Forget",
    "Forgetter",
    "Held",
    "Retention",
    "begin_forgetting",
    "erasure_id_of",
    "held_people",
    "personal_data",
]
