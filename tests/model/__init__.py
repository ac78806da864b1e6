"""The decision as a machine whose every state is visited.

Add here when the decision has another part; rather in `tests/tasks/rules` when one rule does.
"""
