"""Tables of Google BigQuery, one for each revision, and a view over them."""
