"""Rules over whole days and all logs; in reading order: ``rule``, ``closing``, ``book``."""
