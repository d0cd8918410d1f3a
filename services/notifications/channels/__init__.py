"""The ways out: how a letter is made and handed to a mail server, how a webhook is posted.

They say what the other side answered, as an outcome; what follows from it is the use cases' matter.
"""
