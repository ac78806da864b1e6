"""Steps: each one audited, retried, run-once unit of work. Thin: rules judge, integrations speak, a step joins the two and writes it down.

Add here when something happens; rather in `tasks/rules` when something is judged, and in `flows` when it is only an order of steps.
"""
