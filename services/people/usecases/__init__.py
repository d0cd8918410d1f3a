"""What can be done in the directory, one use case a module."""
