"""What trials did, one by one, over seeds, and beside what others reported: tables and sentences.

Knows tables of the sweep; reads no pictures and no maps.
"""
