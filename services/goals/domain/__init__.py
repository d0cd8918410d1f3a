"""The rules of goals: no I/O, no framework; time and ids are arguments."""
