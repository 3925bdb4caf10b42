"""Tries a deployed stage from outside and within its account, and writes one report: `make verify STAGE=…`.

The way of an event over HTTPS is `ingestctl doctor`'s. What only the account shows is added here: objects as they lie
in the bucket, alarms, roles, logs. It reads with the credentials of the environment and changes nothing of the stage,
except for the endpoint that it makes and deletes.
"""
