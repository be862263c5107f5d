"""The store: PostgreSQL, vault and key store, tile store and promise, evidence objects.

In reading order: ``sql``, ``migrations``, ``log_tables``, ``transaction``, ``recorder`` (the
commit point), ``tile_store``, ``start_check``, ``promise`` (what may leave), ``recover``,
``birth``; beside them ``key_store``, ``sealed``, ``vault``, ``quarantine`` for personal values,
``objects`` for files.
"""
