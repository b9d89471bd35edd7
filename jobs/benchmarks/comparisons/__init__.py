"""What our way costs beside what somebody would take instead: a file a comparison.

The catalogue and the request load nothing; the other modules load what they measure, in the
processes of `side_by_side` alone.
"""
