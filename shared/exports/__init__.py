"""Tables of any length, sent as a stream: what a row holds, in which form, and how it goes out.

A service says its columns and gives pages of documents; no more than a page, and in Parquet a row
group, is ever in memory.  What fails on the way breaks the connection, so that no part of a file is
taken for the whole.
"""

from shared.exports.columns import Column, choice, column, day, fields_of, instant, number, text, truth, whole
from shared.exports.stream import FILES, AskedForm, Form, exported

__all__ = [
    "FILES",
    "AskedForm",
    "Column",
    "Form",
    "choice",
    "column",
    "day",
    "exported",
    "fields_of",
    "instant",
    "number",
    "text",
    "truth",
    "whole",
]
