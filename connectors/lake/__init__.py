"""Tables of Apache Iceberg in a bucket, which every engine reads."""
