"""Running the suite: on one machine, in containers, and the `cairn` command."""
