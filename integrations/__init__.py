"""The outside world: sources, channels, stores, the ledger, telemetry, and the toolbox that puts them together.

Add here when a line speaks to something outside this process; rather in `tasks/rules` when it judges what came back.
"""
