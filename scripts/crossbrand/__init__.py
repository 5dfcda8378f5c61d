"""The command line of crossbrand: one module a verb."""

__version__ = "0.1.0"
