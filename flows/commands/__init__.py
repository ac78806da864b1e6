"""One file a command: reads its arguments, calls the steps or flows, prints. Heavy imports stay inside the commands that need them.

Add a file here when there is a new command; rather in `tasks` when something happens, and in `flows` when it is an order of steps.
"""
