"""A sample organisation and a quarter of its life: made from a seed, downloaded from nowhere.

`organisation` makes 250 people and writes them as the CSV that anybody would import; `quarter`
plans what any list of people does in a quarter, as data.  Nothing here talks to a service.
"""
