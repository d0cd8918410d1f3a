"""The suite on one machine: embedded engines, the services as children, and the small servers around them.

It starts, watches and stops processes.  It knows nothing of what the services do.
"""
