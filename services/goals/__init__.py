"""Goals: what people, teams and the organisation want to be true, agreed, followed and closed.

Owns goals with their key results, measurements and check-ins, initiatives, periods, templates and what was
set for many.  Publishes `cairn.goals.events` and
`cairn.goals.state`.  Follows people, for its copy of the directory and for what is left open when
somebody leaves or gets another manager.
"""
