"""The rules of feedback and recognition: no I/O, no framework; time and ids are arguments."""
