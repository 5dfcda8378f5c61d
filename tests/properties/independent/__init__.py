"""Judges the whole project from outside: worlds by the contract, answers in plain Python."""
