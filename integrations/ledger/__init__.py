"""The ledger: the only truth. Tables, the hash chain, short transactions, signed checkpoints.

Add here when a line reads or writes the ledger's database; rather in `tasks` when it decides what to write.
"""
