"""Buckets of S3: the deployment's own, or one of a user."""
