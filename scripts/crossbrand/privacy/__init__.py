"""Erasure, access and the record of both: what a person may ask of those who hold their data."""
