"""What alarms watch: lines of logs, by their texts, and figures, by their names. Who says them and who watches agree.

A line is a format of the standard library's logging; an alarm counts the lines that were made with it. They hold names
and numbers, never a value of an event.
"""

PLAN_USED = "organisation %s has used %d %% of its plan"
"""Said once a month for each share of a plan that is passed."""
CERTIFICATE_EXPIRES = "the certificate of custom domain %s expires in %d days"
"""Said once at 30, 14 and 3 days."""
DOMAIN_FAILS = "custom domain %s can't be served: %s"
"""Time alone does not help, or a grant is missing."""
ENVIRONMENT_FAILS = "environment %s can't be provisioned"
USAGE_SET_ASIDE = "counts are set aside: %s"
"""Rows of usage could not be added to the sums, and time alone does not help."""

FIGURES_NAMESPACE = "IngestEndpoints"
FIGURES_DIMENSION = "deployment"
"""The one dimension of every figure: tells deployments of one account apart."""
LEDGER_MISSING = "LedgerMissing"
"""Events missing, of all environments."""
LEDGER_SURPLUS = "LedgerSurplus"
"""Events that arrived without being counted as accepted."""
LEDGER_UNBALANCED = "LedgerUnbalanced"
"""Environments in which events are missing."""
OUTBOX_WAITING = "OutboxWaiting"
"""Letters that the last run of the outbox could not send."""
ALERTS_BEHIND = "AlertsBehind"
"""Environments whose alerts the last run did not look at."""
