"""The rules of reviews: no I/O, no framework; time and ids are arguments."""
