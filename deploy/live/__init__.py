"""Living a quarter for real: the plan of `deploy.sample` carried out through the services' HTTP APIs.

Knows no engine and no database: it is a client like any other, with a ledger of what it was told.
"""
