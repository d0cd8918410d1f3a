"""Who did and read what: rows that are written once, chained, and anchored outside the database."""

from shared.audit.rows import AUDIT, INDEXES, Origin, change_row, read_row

__all__ = ["AUDIT", "INDEXES", "Origin", "change_row", "read_row"]
