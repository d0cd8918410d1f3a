"""How to mend what does not validate: advice in a sentence, by the kind of error that pydantic names."""

from collections.abc import Mapping
from typing import Any, Final

from shared.unseen import MEND

_MEND: Final = {
    "missing": "Add it.",
    "extra_forbidden": "Leave it out.",
    "string_too_long": "Send at most {max_length} characters.",
    "string_too_short": "Send at least {min_length} characters.",
    "string_pattern_mismatch": "Send text of the form {pattern}.",
    "too_long": "Send at most {max_length} items.",
    "too_short": "Send at least {min_length} items.",
    "literal_error": "Send one of {expected}.",
    "unknown_parameter": "Leave it out, or send one of {known}.",
    "repeated_parameter": "Send it once.",
    "unknown_field": "Leave it out, or send one of {known}.",
    "misspelt_field": "Did you mean {meant}? If not, leave it out.",
    "unseen_character": MEND,
    "enum": "Send one of {expected}.",
    "union_tag_invalid": "Send one of {expected_tags}.",
    "greater_than": "Send a number above {gt}.",
    "greater_than_equal": "Send a number of at least {ge}.",
    "less_than": "Send a number below {lt}.",
    "less_than_equal": "Send a number of at most {le}.",
    "finite_number": "Send a number that is not infinite.",
    "timezone_aware": "Add the offset from UTC, such as 2026-11-22T09:00:00Z.",
}
_MEND_BY_KIND: Final = (
    ("datetime_", "Write it as 2026-11-22T09:00:00Z."),
    ("date_", "Write it as 2026-11-22."),
    ("int_", "Send a whole number."),
    ("float_", "Send a number."),
    ("bool_", "Send true or false."),
    ("string_", "Send text."),
    ("list_", "Send a list."),
    ("tuple_", "Send a list."),
    ("dict_", "Send an object."),
    ("model_", "Send an object."),
)
_OTHERWISE: Final = "Send what the reason asks for; /docs tells the form."


def mend_of(kind: str, context: Mapping[str, Any]) -> str:
    """The advice for an error; `context` is what pydantic says of it, such as a limit."""
    exact = _MEND.get(kind)
    if exact is not None:
        try:
            return exact.format_map(context)
        except KeyError:
            pass
    return next((advice for prefix, advice in _MEND_BY_KIND if kind.startswith(prefix)), _OTHERWISE)
