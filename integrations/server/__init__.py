"""The Prefect server of this machine: how it is set up, started, filled, watched and stopped.

Nothing here knows a flow by its code: deployments name files. Nothing above needs it to work: a tick runs without a server.

Add here when it is about Prefect's processes or its API; rather in `flows` when it is about what a run does.
"""
