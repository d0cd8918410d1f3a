"""From an HTTP request to a command or a read, with the rights of who asks.  Knows no service."""

from shared.http.asking import Asking
from shared.http.running import Answer, Run, Runner
from shared.http.timing import TIME_TRAVEL
from shared.http.viewing import View, Viewer

__all__ = ["TIME_TRAVEL", "Answer", "Asking", "Run", "Runner", "View", "Viewer"]
