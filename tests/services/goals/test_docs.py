"""What docs/goals.md says of files is what the code takes; CAIRN_WRITE_TABLES=1 writes it again."""

import os
from pathlib import Path

from services.goals.domain.csv_import import described

PAGE = Path(__file__).parents[3] / "docs" / "goals.md"
BEGIN, END = "<!-- columns -->\n", "\n<!-- end of columns -->"


def test_the_columns_of_a_file_are_described_as_they_are() -> None:
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    table, _, tail = rest.partition(END)
    if os.environ.get("CAIRN_WRITE_TABLES"):
        PAGE.write_text(head + BEGIN + described() + END + tail)
        return
    assert table == described()
