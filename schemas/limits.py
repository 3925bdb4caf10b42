"""Every limit of the contracts, once, with its unit.

A number that a vendor sets carries the vendor's page; all others are ours and stand in `docs/limits.md`.
"""

# Requests
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_DECODED_BYTES = 16 * 1024 * 1024
MAX_EVENTS_PER_REQUEST = 1_000
MAX_FIREHOSE_RECORDS = 10_000  # in a request of Amazon Data Firehose
MAX_FIREHOSE_EVENTS = 50_000  # that its records hold together
MAX_REFUSED_EVENTS = 10_000  # of a request: each is sent to quarantine while its sender waits
MAX_EVENT_BYTES = 1_000_000  # as stored
MAX_EVENT_SENT_BYTES = 2_000_000
MAX_EVENT_VALUES = 100_000  # counted by { [ , and : before anything is parsed
MAX_FILLED_BYTES = 8_000_000  # of defaults and macros under an event's arrays, at the most: far more than it may have
MAX_READ_VALUES = 2_000_000  # of a request's events together
MAX_JUDGED_VALUES = 150_000  # of a request's events validated in full, its last one apart: 5 µs each at the worst
MAX_REQUEST_FILLED_BYTES = 32_000_000  # of defaults and macros under the arrays of a request's events, at the most
MAX_REQUEST_STORED_BYTES = 32 * 1024 * 1024  # of all its events
MAX_DRY_RUN_STORED_BYTES = 4_000_000  # that a dry run shows of all its events
MAX_POINTERS_SHOWN = 100  # that a dry run tells of what one event loses, and of what is done to it
MAX_INGEST_ANSWER_BYTES = 500_000  # then faults are left out
MAX_ENVELOPE_MEMBERS = 1_000  # of a large body of another collector's protocol, beside its events
MAX_JSON_DEPTH = 64
MAX_FAULTS_PER_EVENT = 100

# Requests to /v1
MAX_V1_BODY_BYTES = 1024 * 1024
MAX_V1_LARGE_BODY_BYTES = 5 * 1024 * 1024  # of fields, of what a revision is made from
MAX_V1_VALUES = 20_000  # objects, arrays, members and elements of a body, roughly
MAX_V1_LARGE_VALUES = 500_000
MAX_ERRORS = 100  # listed in one answer
MAX_ANSWER_BYTES = 5_500_000  # a function's answer has at most 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_CPU_SECONDS = 8.0  # that one request to /v1 may compute

# Fields
MAX_DEPTH = 10
MAX_FIELDS = 2_000
MAX_RULES = 16
MAX_ONE_OF_VALUES = 1_000
MAX_DESCRIPTION_CHARS = 1_024
MAX_REGEX_CHARS = 1_000
MAX_REVISION_CHOICES = 50_000  # values of all `one_of` of a revision: some 10 MB, and 25 ms to compile
MAX_REVISION_REGEX_SIZE = 250_000  # RE2 instructions of all patterns, and 100 for each: some 50 MB, 0.2 s to compile
MAX_KEY_CHARS = 128
MAX_FROM_CHARS = 256  # of a key of the event; a pointer has MAX_POINTER_KEYS of them
MAX_POINTER_KEYS = 8
MAX_WHEN_POINTERS = 3  # that all `when` of a revision name together, and that `event_name` tries
MAX_WHEN_VALUES = 50
MAX_WHEN_FIELDS = 200
MAX_TYPED_KINDS = 1_000  # kinds of events that typed code has a type for
MAX_TYPED_FIELDS = 20_000  # members of these types together
MAX_TYPED_CHARS = 3_000_000  # of these members as JSON, and of the values that tell the kinds apart
MAX_STRING_BYTES = 32_000  # in a revision of the first edition, and of a macro's text
MAX_EXTRA_POINTERS = 1_000  # that `_extra` of one event holds
MAX_EVENT_NAME_CHARS = 128  # code points

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
UINT64_MAX = 2**64 - 1
TIMESTAMP_MIN_SECONDS = -62_135_596_800  # 0001-01-01T00:00:00Z
TIMESTAMP_MAX_SECONDS = 253_402_300_799  # 9999-12-31T23:59:59Z

# Resources
MAX_NAME_CHARS = 100
MAX_NOTE_CHARS = 1_000
MAX_ALLOWED_ORIGINS = 50
MAX_WRITE_KEYS = 10  # of an environment
MAX_WRITE_KEY_CHARS = 128
MAX_WEBHOOKS = 20  # of an environment
MIN_HOOK_SECRET_CHARS = 8
MAX_HOOK_SECRET_CHARS = 200
MAX_STREAMS = 50
MAX_ENVIRONMENTS_PER_ENDPOINT = 40  # an endpoint is deleted with all of them in one transaction
# Browsers queue 64 KiB of beacons in all (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), and Java
# compiles no string of over 65,535 bytes.
MAX_SNIPPET_EVENT_CHARS = 60_000
MAX_EMAIL_CHARS = 254
# Of one organisation, unless the deployment's operator sets another number for it: the account's quotas are for all.
MAX_ORGANISATION_ENDPOINTS = 200
MAX_ORGANISATION_ENVIRONMENTS = 200
MAX_ORGANISATION_STREAMS = 200
MAX_ORGANISATION_DOMAINS = 20
MAX_ORGANISATION_SECRETS = 200
MAX_ORGANISATION_CERTIFICATES_PER_MONTH = 50
MAX_ORGANISATION_CHANGES_PER_HOUR = 300  # of streams and domains
RUN_CHANGES = 3  # of these, that beginning a redrive or a trial counts for
MAX_MEMBERSHIPS = 50  # of one person, and invitations shown to them
MAX_TOKENS_PER_MEMBER = 40  # a member is removed with all of them in one transaction
INVITATION_SECONDS = 7 * 24 * 60 * 60
MAX_AUDIT_ENTRIES_READ = 1_000  # for one page of a search
DEFAULT_PAGE_ITEMS = 50
MAX_PAGE_ITEMS = 200

# Custom domains
MAX_DOMAIN_CHARS = 235  # so that the name of its proof record, which is longer, fits into a name of the DNS
PROOF_WAITS_DAYS = 7  # for the record that proves a domain
DOMAIN_KEPT_DAYS = 90  # after its removal, for which a domain's organisation needs no new proof of it
MAX_CERTIFICATE_CHARS = 65_536  # of PEM
MAX_PRIVATE_KEY_CHARS = 16_384
MAX_CHAIN_CERTIFICATES = 10
MIN_RSA_BITS = 2_048
MAX_RSA_BITS = 4_096  # https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html

# Freshness
POINTER_MAX_AGE_SECONDS = 4.0  # the promise is 5 s, and reading takes time too
UNSETTLED_POINTER_MAX_AGE_SECONDS = 0.5  # an environment that is still being provisioned is asked for more often
CATALOG_OUTAGE_SECONDS = 15 * 60
HOOK_SECRETS_KEPT_SECONDS = 60.0  # other secrets have another name, so that no change waits for this
HOOK_AWAY_SECONDS = 300  # that the time a webhook is signed with may be from now
HOOK_SECRETS_RETRY_SECONDS = 5.0  # after which secrets of webhooks are asked for again that could not be read

# Delivery
# https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
MAX_RECORDS_PER_PUT = 500
MAX_PUT_BYTES = 4 * 1024 * 1024
MAX_RECORD_BYTES = 1_000 * 1024
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_MESSAGES_PER_SEND = 10
# https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
MAX_BUFFER_SECONDS = 900
DEFAULT_BUFFER_SECONDS = 60
PUT_TRIES = 3
PUT_SECONDS = 2.0
REPEAT_SECONDS = 60 * 60  # between two events of one Idempotency-Key, of which BigQuery's load mode keeps one

BEGUN_SECRET_SECONDS = 60 * 60  # after which nothing is going to name it any more
# Longer than ingest goes by a pointer, in an outage too, and than the spill queue goes on putting a record back.
LEAVING_SECONDS = 60 * 60  # for which streams stay that go: their last events are on their way
# Longer than such a stream, its last buffer, and all tries of what landed by it.
LEAVING_SECRETS_SECONDS = 12 * 60 * 60  # for which the credentials of a deleted environment stay
WRITER_SECONDS = 240.0  # for one environment in one call of its writer
WRITER_RESTS_SECONDS = 60.0  # at most, after a destination did not answer

# Requests to URLs of users
MAX_URL_CHARS = 2_000
SIGNING_OVERLAP_SECONDS = 24 * 60 * 60  # for which a replaced signing secret signs as well

# Destinations over HTTP
MAX_HTTP_EVENTS = 1_000  # in a request to a target
DEFAULT_HTTP_EVENTS = 500
MAX_HTTP_BATCH_BYTES = 1024 * 1024  # of its body, unless one event alone is larger
MAX_HTTP_HEADERS = 20
MAX_HTTP_HEADER_CHARS = 2_000  # of a header's value
HTTP_SECONDS = 10.0  # that a request may take, looking up the host included
HTTP_TRIES = 4  # of a request, before its object waits; one that took too long counts twice
MAX_HTTP_ANSWER_BYTES = 256 * 1024  # of a target's answer that lists refused events
MAX_RETRY_AFTER_SECONDS = 900.0  # for which a target may ask to be left alone

# What a destination refuses that is sent requests
MAX_REFUSALS = 200  # requests of one object, before it waits
MAX_REFUSALS_IN_VAIN = 20  # the same, or single events, where it has accepted none

# Queues, streams and buses of users
ENTRIES_TRIES = 5  # of a call in a row that delivers none of its events, before their object waits
ENTRIES_SECONDS = 10.0  # that a call may wait for its answer

# Lakes
MAX_LAKE_COLUMNS = 5_000  # with those inside objects: a commit writes all of them, for every revision that added some

# PostgreSQL of users
MAX_DSN_CHARS = 2_000
MAX_CA_CERTIFICATES_CHARS = 32_000  # of PEM
# https://www.postgresql.org/docs/current/limits.html
MAX_POSTGRES_COLUMNS = 1_500  # of 1,600: those that were dropped count as well
MAX_POSTGRES_NAME_BYTES = 63
MAX_POSTGRES_ANSWER_BYTES = 16 * 1024 * 1024  # of a statement's answer
POSTGRES_CONNECT_SECONDS = 10.0  # looking up the host, TLS and signing in included
POSTGRES_STATEMENT_SECONDS = 60.0  # that a statement may take
POSTGRES_LOCK_SECONDS = 5.0  # that one waits for a lock of others
POSTGRES_BATCH_EVENTS = 2_000  # that are copied and inserted at once
POSTGRES_BATCH_BYTES = 2 * 1024 * 1024  # of their lines, unless one alone is larger
MAX_POSTGRES_CONNECTIONS = 50  # that load into a database at once, as many as there are writers
DEFAULT_POSTGRES_CONNECTIONS = 10
POSTGRES_TURN_SECONDS = 60.0  # that an object waits for one of them
POSTGRES_TRIES = 3  # of an object, before it waits

COUNTER_FLUSH_SECONDS = 10.0
# Between two additions of what handlers have counted to the sums, on AWS.
USAGE_FOLD_SECONDS = 5

# Usage
MAX_USAGE_POINTS = 1_500  # a day of minutes, two months of hours, four years of days
USAGE_MINUTES_KEPT_DAYS = 35
USAGE_HOURS_KEPT_DAYS = 397  # 13 months
USAGE_DAYS_KEPT_DAYS = 1_827  # 5 years
MAX_EVENT_NAMES = 200  # that are counted apart, of an environment and hour
MAX_USAGE_GROUPS = 50  # endpoints or environments whose usage is shown apart
MAX_USAGE_GROUPS_POINTS = 10_000  # of all of them together
MAX_USAGE_NAMES_DAYS = 14  # that usage by name is summed up over

# Keys that no field names
UNKNOWN_KEYS_SAMPLE_SECONDS = 1.0  # between two events of an environment that a handler looks at
UNKNOWN_KEYS_FLUSH_SECONDS = 60.0
UNKNOWN_KEYS_TURN_SECONDS = 5.0  # between two writes of an environment's, of all handlers together
UNKNOWN_KEYS_MAX_FLUSH_SECONDS = 3_600.0  # that one of many handlers waits at most
UNKNOWN_KEYS_KEPT_DAYS = 30
MAX_SAMPLED_BYTES = 100_000  # of a request, or none of its events is looked at
MAX_UNKNOWN_KEYS = 500  # of an environment; one more stands for all others
MAX_UNKNOWN_SIBLINGS = 100  # of one object, further ones are one entry

# Taps
MAX_TAPS = 5  # that run in an environment at the same time
MAX_TAP_SECONDS = 3_600  # that one runs for
MAX_TAP_RATE = 100  # events per second that one asks for, unless it asks for all
MAX_TAP_ALL_RATE = 1_000  # events per second of one that asks for all
MAX_TAP_MESSAGE_BYTES = 200_000  # of the one message that a request costs whose events are kept
MAX_TAP_EVENTS = 10_000  # that one keeps; then the oldest go
MAX_TAP_BYTES = 64 * 1024 * 1024  # that one keeps, as JSON; then the oldest go
TAP_KEPT_SECONDS = 3_600  # for which an event can be read
MAX_TAP_WAIT_SECONDS = 10  # for events, by one request
MAX_TAP_WAITS = 5  # requests that wait for events at a time, of a deployment: each holds a run of its API's function
MAX_OWN_TAP_WAITS = 2  # of these, requests of one organisation: others find a place, too
MAX_TAP_PAGE_BYTES = 2_000_000  # of events in one answer: a function's answer has at most 6 MB

# Canaries
MAX_CANARY_SHARE = 50  # per cent of an environment's requests
DEFAULT_CANARY_SECONDS = 3_600
MIN_CANARY_SECONDS = 60
MAX_CANARY_SECONDS = 24 * 60 * 60
DEFAULT_MAX_EXTRA_REFUSED = 1.0  # per cent of events, by which a canary may refuse more than the revision that runs
MIN_CANARY_EVENTS = 100  # of a canary, before it is compared

# Destinations' errors
MAX_DELIVERY_ERROR_CHARS = 400
DELIVERY_ERROR_NOTED_SECONDS = 60  # between two notes of one reason
DELIVERY_ERROR_KEPT_DAYS = 30  # after the last note

# Trials
MAX_TRIAL_SAMPLE = 100_000  # events that one looks at
MAX_TRIAL_DAYS = 31  # between `from` and `to`
MAX_TRIAL_HOUR_OBJECTS = 1_000  # of an hour, among which a trial chooses
MAX_TRIAL_OBJECTS = 200  # that one reads, evenly spread
MAX_TRIAL_BYTES_READ = 1024 * 1024 * 1024  # of all its objects, without gzip
MAX_TRIAL_SECONDS = 900  # of work; then it ends with what it has looked at
MAX_TRIAL_GROUPS = 200
MAX_TRIAL_UNKNOWN_KEYS = 200
MAX_TRIAL_RESULT_BYTES = 400_000  # as JSON, of groups, unknown keys and columns: an answer has at most 500 KB
MAX_OPEN_TRIALS = 3  # of an environment at the same time
MAX_REVISION_TRIALS = 50  # that are kept; then the oldest go
TRIAL_KEPT_DAYS = 7

# Alerts
MAX_ALERTS = 20  # of an environment
MAX_ALERT_TARGETS = 20  # of an organisation
MAX_TARGETS_OF_ALERT = 5
ALERT_MAIL_CHANGES = 10  # of an organisation's changes in an hour, that asking an address for its consent counts for
MAX_ALERT_WINDOW_MINUTES = 120  # whose counts a run reads
MAX_ALERT_MINUTES = 1_440
MAX_ALERT_EVENTS = 1_000_000  # that may be asked for before a share counts
MAX_ALERT_DAYS = 90  # before a certificate expires
MAX_ALERT_SENDS = 5  # of one message to one target, until it is sent
ALERT_SEND_SECONDS = 5.0  # that one may take, looking up the address included
MAX_ALERT_ANSWER_BYTES = 64 * 1024  # that is read of a receiver's answer
ALERT_CLAIM_SECONDS = 120  # after which a send that was begun counts as never answered: longer than any run
ALERT_KEYS_SECONDS = 300  # between two looks at the unknown keys of an environment
ALERT_NOTED_SECONDS = 300  # after which it is noted anew that an environment was looked at and nothing has changed

# Quarantine
MAX_QUARANTINED_BYTES = 1_000_000  # of one refused event's text
MAX_QUARANTINED_FAULTS_BYTES = 32_000  # of one refused event's list of faults, as JSON
MAX_PROTECTED_VALUES = 100_000  # of a request's refused events that are looked through for protected places
MAX_PROTECTED_POINTERS_BYTES = 64_000  # as JSON, of one refused event's replaced places
MAX_QUARANTINE_OBJECT_BYTES = 16_000_000  # without gzip; what is beyond goes into another object
MAX_UNKNOWN_KEYS_PER_HOUR = 50  # groups of keys that the schema doesn't know, which senders make up
MAX_NAMED_GROUPS_PER_HOUR = 200  # groups by event name, which senders make up
MAX_GROUP_POINTER_CHARS = 256
MAX_QUARANTINE_OBJECTS_READ = 50  # for one page of events
MAX_QUARANTINE_BYTES_READ = 100_000_000  # for one page of events, without gzip
MAX_QUARANTINE_SAMPLES = 20
MAX_SHOWN_RAW_BYTES = 65_536  # of one quarantined event
MAX_SHOWN_PAGE_BYTES = 2_000_000  # of all on a page: a function's answer has at most 6 MB
MAX_REPAIRS = 20  # of one redrive
MAX_REPAIRS_BYTES = 16_000  # as JSON, of all repairs of a redrive: a page of redrives shows them all
MAX_REPAIR_STEPS = 250_000  # members and elements that the repairs of one event look at: a second
MAX_TREND_POINTS = 31  # of one group of the quarantine
MAX_DEAD_LETTERS_SENT = 1_000  # again, by one request
MAX_DEAD_LETTER_BYTES_READ = 50_000_000  # of dead letters, by one request on AWS
MAX_NEWER_TABLES = 20  # that are offered to the events of one set-aside object
MAX_SET_ASIDE_REDRIVEN = 50  # objects, by one request
MAX_SET_ASIDE_BYTES_READ = 100_000_000  # of set-aside objects, by one request, as they are without gzip
MAX_SET_ASIDE_REASONS = 10  # that are told apart of one object
QUARANTINE_KEPT_DAYS = 30  # unless the deployment sets another
