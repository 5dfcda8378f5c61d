"""What is tried on Apache Spark by scripts/check-spark, and not by pytest."""
