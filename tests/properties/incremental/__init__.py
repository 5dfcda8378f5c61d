"""Incremental equals full refresh: random deliveries, kills and full disks."""
