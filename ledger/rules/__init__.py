"""Rules over folds: one predicate a rule id, and the calendar they count with."""
