"""Pure judgement: values in, values out. No clock, network, SQL, Prefect, logging, or mutation of arguments.

Add here when two people could argue about the answer; rather in `tasks` when there is only something to do.
"""
