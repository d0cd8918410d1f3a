"""Pure rules: who is told of what, by which channel, and how often it is tried."""
