"""Penalties by item, circumstance and amount, with the benchmarks and the advice behind them."""
