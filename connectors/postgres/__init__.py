"""PostgreSQL: a table for each environment, which all its revisions share."""
