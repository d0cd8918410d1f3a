"""Published events and state, one module a publisher; data only, frozen once released."""
