"""Worked examples on public data: each is landed by the contract, built and checked."""
