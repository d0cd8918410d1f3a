"""From an HTTP request to a command or a read, with the rights of who asks.  Knows no service."""

from shared.http.asking import ON_BEHALF_OF, Asking
from shared.http.running import Answer, Run, Runner
from shared.http.timing import TIME_TRAVEL
from shared.http.viewing import View, Viewer

__all__ = ["ON_BEHALF_OF", "TIME_TRAVEL", "Answer", "Asking", "Run", "Runner", "View", "Viewer"]
