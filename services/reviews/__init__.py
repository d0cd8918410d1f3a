"""Reviews: how a person did in a period, as they and their manager see it, and what that rests on.

Owns review cycles, the reviews that open from them, their assessments, and the evidence gathered for
them.  Publishes `cairn.reviews.events` and `cairn.reviews.state`.  Reacts to people (directory copy,
who reports to whom, who left) and gathers evidence from goals and feedback.
"""
