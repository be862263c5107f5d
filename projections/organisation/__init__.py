"""What agencies declare about themselves: who answers for what, staff, rules, training, tasks."""
