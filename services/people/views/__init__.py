"""What can be read of people, units and imports, and in which form."""
