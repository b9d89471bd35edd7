"""What a running sweep shows: tables, TensorBoard, the terminal; all views of the ledger.

Knows no Ray and changes nothing of what it shows.
"""
