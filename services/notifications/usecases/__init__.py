"""One file a use case: its command, handler, HTTP route and reactions."""
