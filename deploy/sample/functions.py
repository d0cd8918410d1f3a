"""What somebody's work is about, told from the job title and else from the department.

The libraries of goals and of feedback are kept by function.
"""

import re
from functools import cache
from typing import Final, Literal, get_args

Function = Literal[
    "executive",
    "engineering",
    "devices",
    "product",
    "sales",
    "marketing",
    "support",
    "operations",
    "finance",
    "people",
    "legal",
    "it",
    "general",
]
FUNCTIONS: Final[tuple[Function, ...]] = get_args(Function)

_SIGNS: Final[tuple[tuple[Function, str], ...]] = (
    ("sales", r"sales|account executive|account manager|partner manager|order desk|revenue"),
    ("executive", r"executive|chief of staff|\bceo\b|strategy|managing director|^senior manager$|^managers$"),
    ("it", r"\bit\b|systems? admin|service desk|help ?desk"),
    ("legal", r"counsel|legal|compliance|data protection"),
    ("marketing", r"marketing|content|brand|campaign|communications|event manager|social media|graphic"),
    ("support", r"support|customer success|customer care"),
    ("people", r"recruit|\bhr\b|people|learning|talent|human resources|training|compensation|benefits"),
    ("product", r"\bproduct\b|\bdesign|user research"),
    ("finance", r"financ|account|audit|\btax\b|payroll|treasur|controller"),
    (
        "operations",
        (
            r"production|assembly|warehouse|logistic|buyer|supply|field|calibration|repair|quality inspector"
            r"|operation|operating|operator|manufactur|planner|purchas"
        ),
    ),
    ("devices", r"firmware|electronics|hardware|mechanical|device"),
    (
        "engineering",
        r"engineer|developer|\bdev\b|software|s/w|architect|\btest|technology",
    ),
)


@cache
def function_of(job_title: str | None, department: str | None) -> Function:
    """The function of a job; `general` when neither title nor department tells."""
    return _sign(job_title or "") or _sign(department or "") or "general"


def _sign(text: str) -> Function | None:
    return next((name for name, sign in _SIGNS if re.search(sign, text, re.IGNORECASE)), None)
