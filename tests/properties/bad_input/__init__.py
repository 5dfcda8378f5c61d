"""What becomes of broken files, lines and values: the tables are in cases.py."""
