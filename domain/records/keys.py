"""Where the catalog's items stand, apart from the three that ingest reads (`schemas.items`).

One table, one home for each fact; `docs/decisions/0002-catalog-keys.md` says why they stand where they stand.
"""

import unicodedata
from hashlib import sha256

from schemas.items import ItemKey

FIRST_ORGANISATION = ItemKey("DEPLOYMENT", "FIRST_ORGANISATION")
ORGANISATIONS = "ORGANISATIONS"
OUTBOX = "OUTBOX"
OPEN_REDRIVES = "OPEN_REDRIVES"
OPEN_TRIALS = "OPEN_TRIALS"
BEGUN_SECRETS = "BEGUN_SECRETS"
CUSTOM_DOMAINS = "CUSTOM_DOMAINS"
PENDING_DOMAINS = "PENDING_DOMAINS"
FORMER_DOMAINS = "FORMER_DOMAINS"
CANARIES = "CANARIES"
ALERTS = "ALERTS"
TAP_WAITS = "TAP_WAITS"

ENDPOINTS = "ENDPOINT#"
REVISIONS = "REVISION#"
ENVIRONMENTS = "ENVIRONMENT#"
DEPLOYMENTS = "DEPLOYMENT#"
REDRIVES = "REDRIVE#"
TAPS = "TAP#"
MEMBERS = "MEMBER#"
TOKENS = "TOKEN#"
AUDIT_ENTRIES = "aud_"


def name_digest(name: str) -> str:
    # A digest bounds the key's length: a name of 100 characters may fold to several hundred bytes.
    return sha256(folded(name).encode()).hexdigest()


def folded(name: str) -> str:
    """Return what two names share if they count as the same: form and case don't tell names apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def organisation_key(organisation_id: str) -> ItemKey:
    return ItemKey(organisation_group(organisation_id), "ORGANISATION")


def organisation_group(organisation_id: str) -> str:
    return f"ORGANISATION#{organisation_id}"


def member_key(organisation_id: str, member_id: str) -> ItemKey:
    return ItemKey(organisation_group(organisation_id), f"{MEMBERS}{member_id}")


def token_key(organisation_id: str, token_id: str) -> ItemKey:
    return ItemKey(organisation_group(organisation_id), f"{TOKENS}{token_id}")


def token_hash_key(token_hash: str) -> ItemKey:
    return ItemKey(f"TOKEN_HASH#{token_hash}", "TOKEN_HASH")


def member_tokens_key(organisation_id: str, member_id: str) -> ItemKey:
    """Return the key of the list of a member's tokens, which every making and deleting of one goes through."""
    return ItemKey(organisation_group(organisation_id), f"TOKENS_OF#{member_id}")


def login_group(subject: str) -> str:
    """Return the group of the memberships of a user of the login service, one item per organisation."""
    return f"LOGIN#{sha256(subject.encode()).hexdigest()}"


def login_key(subject: str, organisation_id: str) -> ItemKey:
    """Return where it stands which member of an organisation a user of the login service is."""
    return ItemKey(login_group(subject), organisation_id)


def endpoint_count_key(organisation_id: str) -> ItemKey:
    return ItemKey(organisation_group(organisation_id), "ENDPOINT_COUNT")


def bounds_key(organisation_id: str) -> ItemKey:
    """Return where it stands how much an organisation uses of its bounds."""
    return ItemKey(organisation_group(organisation_id), "USED")


def listed_organisation_key(organisation_id: str) -> ItemKey:
    """Return where an organisation is listed, for the deployment's operator."""
    return ItemKey(ORGANISATIONS, organisation_id)


def endpoint_key(organisation_id: str, endpoint_id: str) -> ItemKey:
    return ItemKey(organisation_group(organisation_id), f"{ENDPOINTS}{endpoint_id}")


def endpoint_name_key(organisation_id: str, name: str) -> ItemKey:
    return ItemKey(f"ENDPOINT_NAMES#{organisation_id}", name_digest(name))


def endpoint_group(endpoint_id: str) -> str:
    return f"ENDPOINT#{endpoint_id}"


def roster_key(endpoint_id: str) -> ItemKey:
    """Return the key of the item that every change of an endpoint's children goes through."""
    return ItemKey(endpoint_group(endpoint_id), "ROSTER")


def revision_key(endpoint_id: str, revision_id: str) -> ItemKey:
    return ItemKey(endpoint_group(endpoint_id), f"{REVISIONS}{revision_id}")


def revision_name_key(endpoint_id: str, name: str) -> ItemKey:
    return ItemKey(f"REVISION_NAMES#{endpoint_id}", name_digest(name))


def tree_key(revision_id: str) -> ItemKey:
    return ItemKey(f"REVISION#{revision_id}", "TREE")


def environment_key(endpoint_id: str, environment_id: str) -> ItemKey:
    return ItemKey(endpoint_group(endpoint_id), f"{ENVIRONMENTS}{environment_id}")


def owner_key(child_id: str) -> ItemKey:
    """Return where it stands whose a revision or an environment is; never changes while the child is there."""
    return ItemKey(f"OWNER#{child_id}", "OWNER")


def environment_group(environment_id: str) -> str:
    return f"ENVIRONMENT#{environment_id}"


def delivery_error_key(environment_id: str) -> ItemKey:
    """Return where it stands why an environment's destination did not take its events last."""
    return ItemKey(f"DELIVERY_ERROR#{environment_id}", "DELIVERY_ERROR")


def lake_lease_key(environment_id: str) -> ItemKey:
    """Return where it stands until when a writer has an environment's files to itself."""
    return ItemKey(f"LAKE_LEASE#{environment_id}", "LAKE_LEASE")


def deployment_key(environment_id: str, number: int) -> ItemKey:
    return ItemKey(environment_group(environment_id), f"{DEPLOYMENTS}{number:010d}")


def listed_canary_key(deployment_id: str) -> ItemKey:
    """Return where a canary is listed until it has ended, whichever environment it is of."""
    return ItemKey(CANARIES, deployment_id)


def redrive_key(environment_id: str, redrive_id: str) -> ItemKey:
    return ItemKey(environment_group(environment_id), f"{REDRIVES}{redrive_id}")


def tap_key(environment_id: str, tap_id: str) -> ItemKey:
    return ItemKey(environment_group(environment_id), f"{TAPS}{tap_id}")


def alerts_key(organisation_id: str, environment_id: str) -> ItemKey:
    """Return where all alerts of an environment stand; only there while it has some."""
    return ItemKey(ALERTS, f"{organisation_id}#{environment_id}")


def alert_states_group(owner_id: str) -> str:
    """Return the group of what the evaluation of alerts knows: of an environment, or of an organisation's targets."""
    return f"ALERT_STATES#{owner_id}"


def alert_states_key(environment_id: str) -> ItemKey:
    """Return where it stands which alerts of an environment are firing, and who was told."""
    return ItemKey(alert_states_group(environment_id), "STATES")


def alert_seen_key(environment_id: str) -> ItemKey:
    """Return where it stands which codes and unknown keys an environment had at the last look."""
    return ItemKey(alert_states_group(environment_id), "SEEN")


def alert_targets_key(organisation_id: str) -> ItemKey:
    """Return where all targets of an organisation's alerts stand."""
    return ItemKey(organisation_group(organisation_id), "ALERT_TARGETS")


def alert_health_key(organisation_id: str) -> ItemKey:
    """Return where it stands what became of the last messages to each target."""
    return ItemKey(alert_states_group(organisation_id), "TARGETS")


def redriving_key(environment_id: str) -> ItemKey:
    """Return where it stands which redrive an environment is busy with; while it is there, no other begins."""
    return ItemKey(environment_group(environment_id), "REDRIVING")


def open_redrive_key(redrive_id: str) -> ItemKey:
    """Return where a redrive is listed until it has ended, whichever environment it is of."""
    return ItemKey(OPEN_REDRIVES, redrive_id)


def trials_group(revision_id: str) -> str:
    return f"TRIALS#{revision_id}"


def trial_key(revision_id: str, trial_id: str) -> ItemKey:
    return ItemKey(trials_group(revision_id), trial_id)


def trial_work_group(trial_id: str) -> str:
    return f"TRIAL_WORK#{trial_id}"


def tried_document_key(trial_id: str) -> ItemKey:
    """Return where the revision stands as it was when its trial began: a draft may change meanwhile."""
    return ItemKey(trial_work_group(trial_id), "DOCUMENT")


def trial_state_key(trial_id: str) -> ItemKey:
    """Return where it stands how far a trial is, and what it has found."""
    return ItemKey(trial_work_group(trial_id), "STATE")


def open_trial_key(environment_id: str, slot: int) -> ItemKey:
    """Return where a trial is listed until it has ended: an environment has so many slots and no more."""
    return ItemKey(OPEN_TRIALS, f"{environment_id}#{slot}")


def custom_domain_key(domain: str) -> ItemKey:
    """Return where a custom domain stands, of whichever organisation: by it one domain has one environment."""
    return ItemKey(CUSTOM_DOMAINS, domain)


def pending_domain_key(environment_id: str) -> ItemKey:
    """Return where an environment's domain stands while its proof is waited for; it holds nothing against others."""
    return ItemKey(PENDING_DOMAINS, environment_id)


def former_domain_key(domain: str) -> ItemKey:
    """Return where it stands which organisation had a domain last, for as long as it needs no new proof of it."""
    return ItemKey(FORMER_DOMAINS, domain)


def audit_group(organisation_id: str) -> str:
    return f"AUDIT#{organisation_id}"


def audit_key(organisation_id: str, entry_id: str) -> ItemKey:
    return ItemKey(audit_group(organisation_id), entry_id)


def noted_key(organisation_id: str, what: str) -> ItemKey:
    """Return where it stands that something is in an organisation's audit log already, for the hour that it names."""
    return ItemKey(f"NOTED#{organisation_id}", what)


def tap_wait_key(place: int) -> ItemKey:
    """Return where it stands until when one of the places of requests that wait for live events is taken."""
    return ItemKey(TAP_WAITS, f"{place:03}")


def own_tap_wait_key(organisation_id: str, place: int) -> ItemKey:
    """Return where the same stands of one of the places that an organisation may take of them."""
    return ItemKey(TAP_WAITS, f"{organisation_id}#{place:03}")


def begun_secret_key(name: str) -> ItemKey:
    """Return where a secret is noted until an item names it."""
    return ItemKey(BEGUN_SECRETS, name)


def outbox_key(message_id: str) -> ItemKey:
    return ItemKey(OUTBOX, message_id)


def idempotency_key(organisation_id: str, member_id: str, key_digest: str) -> ItemKey:
    return ItemKey(f"IDEMPOTENCY#{organisation_id}#{member_id}", key_digest)
