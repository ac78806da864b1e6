"""When, and in what order. Re-entrant ticks: advance what is due, then end.

Add here when the order of steps changes; rather in `tasks` when a step does something else.
"""
