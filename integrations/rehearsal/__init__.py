"""The rehearsal world: a seeded population, two stores' rules and an outbox in one small file, under a virtual clock.

Add here when a rehearsal should be able to happen differently; rather in `sources/simulator.py`, `stores/rehearsal.py`,
`channels/memory.py` or `contacts/simulated.py` when the product should see it differently.
"""
