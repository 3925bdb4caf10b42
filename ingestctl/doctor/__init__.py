"""Examines a deployment as its users see it: every promise is tried, and one report says which were kept."""
