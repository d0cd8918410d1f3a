"""Words: names, titles and sentences, put in at the moment of showing or sending.

Notifications hold ids and facts.  Names come from the directory copy, titles from the service that
owns them, with the reader's own rights; what cannot be had is worded without it.
"""
