"""The supervision log of retrieved records: who looked, why, on whose approval, for how long."""
