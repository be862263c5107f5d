"""What entries mean: folds of streams, the control state, masks and public records.

Read next: ``control``, ``stream``. Pure: nothing here reads a clock, a file or a database.
"""
