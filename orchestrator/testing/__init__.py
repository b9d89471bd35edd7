"""Stand-ins and scripted trials for tests; not in the wheel.

May know every room, and none but tests may know it.
"""
