"""What the build on Apache Spark needs beside dbt: a landing of text, and the comparison of marts."""
