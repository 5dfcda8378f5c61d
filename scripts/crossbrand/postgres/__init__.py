"""What the target `postgres` needs beside dbt (docs/scale.md)."""
