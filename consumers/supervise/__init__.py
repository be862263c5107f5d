"""The engine that judges promised entries and puts what it finds into the ledger as acts."""
