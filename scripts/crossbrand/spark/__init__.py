"""What a build on Apache Spark needs beside dbt: a landing of text, and a comparison of marts."""
