"""Notifications: who is told of what, when and by which channel.

Owns notifications, each person's inbox and preferences, and what is still to be sent.  Publishes
`cairn.notifications.events` and `cairn.notifications.state`.  Reacts to people, goals, feedback and
reviews.  Knows ids and facts only: names and titles are put in when somebody reads or is written to.
"""
