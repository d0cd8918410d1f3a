"""The rules of the directory: persons, org units, reporting lines and what a file of people means.

Pure: time, ids and what is already known are arguments; nothing here reads, writes or waits.
"""
