"""The engine against what one would write otherwise: ratios within one run, never absolute times."""
