"""`crossbrand land`: deliveries of any format become landing Parquet, and no record is lost."""

from crossbrand.land.run import land

__all__ = ["land"]
