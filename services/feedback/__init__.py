"""Feedback: what people tell each other about their work, ask each other for, and thank each other for.

Owns feedback, requests for it, recognitions, and the organisation's lists of values and
competencies.  Publishes `cairn.feedback.events` and `cairn.feedback.state`, never the words.  Reacts
to people (who left, whose manager changed) and keeps of goals whose they are and who may know.
"""
