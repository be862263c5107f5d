-- What agencies are late with follows from days that are over (docs/spec/deadlines.md): a ledger
-- whose days were closed before has them closed once more. What is there already are duplicates.
DELETE FROM supervision.closed_days;
