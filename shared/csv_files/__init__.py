"""CSV files that people send: from bytes to records, and what is wrong, told so that it can be mended.

Knows no columns; which there are is for who reads the file.
"""

from shared.csv_files.cells import cell
from shared.csv_files.formulas import armed, defused
from shared.csv_files.problems import Problem, Severity, Unusable, quoted
from shared.csv_files.text import (
    Broken,
    Layout,
    Record,
    decode,
    find_delimiter,
    layout_of,
    physical_lines,
    read_records,
)

__all__ = [
    "Broken",
    "Layout",
    "Problem",
    "Record",
    "Severity",
    "Unusable",
    "armed",
    "cell",
    "decode",
    "defused",
    "find_delimiter",
    "layout_of",
    "physical_lines",
    "quoted",
    "read_records",
]
