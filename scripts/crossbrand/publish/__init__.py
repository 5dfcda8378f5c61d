"""Publishing: the marts as files that are written whole, audited, and swapped in at once.

declared    which mart goes to which role, and without which columns
folder      where published files lie, and which one is current
generation  writes one generation of one role
pseudonyms  keyed hashes in the place of ids that can be guessed, for BI
small_groups  leaves figures of too few people empty, for BI
content     the hash of a table, and the search for personal data in what BI reads
swap        makes a written generation the current one, and ends what a killed swap began
sweep       drops old generations and what crashes left
figures     what a generation says of itself, and what changed since the one before
run         the verbs: publish, go back, list
postgres    the same tables in a PostgreSQL schema
"""
