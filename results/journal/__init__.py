"""What a sweep decided, appended by one process at a time, on a disk or an object store.

Knows events as JSON objects and who may write them; must not know what they mean: the ledger does.
"""
