"""Statements of a role, each with the exact actions of a way to use something."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from adapters.api_gateway import DEPLOYMENT_TAG
from adapters.dynamodb.encoding import CHUNK_PREFIX
from adapters.dynamodb.quarantine_items import groups_partition, object_item_key
from domain.records.keys import FIRST_ORGANISATION, audit_group, token_hash_key
from infra.constructs.queues import WorkQueue
from infra.settings.stage import HostedZone

READ_ITEMS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE_ITEMS = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
CHUNKS = f"{CHUNK_PREFIX}*"
"""Parts of large items. The key of a part does not say which item it is of. But it holds 128 random bits that stand in
that item alone, and no function may list keys."""
AUDIT = audit_group("*")
PEOPLE = (AUDIT, FIRST_ORGANISATION.pk, token_hash_key("*").pk, "EMAIL#*", "LOGIN#*")
"""Who people are and what they did: writing there would decide who may do what."""
USAGE = "USAGE_*"
"""Of the table of counters: what handlers counted, and what objects held."""
QUARANTINED = (groups_partition("*"), object_item_key("*").pk)
"""Of the table of counters: why events were refused, and which of them were sent again."""
LEADING_KEYS = "dynamodb:LeadingKeys"
_WRITTEN_WHOLE = ("dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem")
_READ_KEYS = ("kms:Decrypt", "kms:DescribeKey")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_WRITE_KEYS = (*_READ_KEYS, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


def reading(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Read items of a table."""
    return [_allow(READ_ITEMS, table.table_arn), via(_key_of(table.encryption_key), "dynamodb", _READ_KEYS)]


def reading_items_of(table: dynamodb.ITable, *groups: str) -> list[iam.PolicyStatement]:
    """Read single items of these groups, such as `POINTER#*`, and their parts; no group as a whole."""
    statement = _allow(("dynamodb:BatchGetItem", "dynamodb:GetItem"), table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: [*groups, CHUNKS]})
    return [statement, via(_key_of(table.encryption_key), "dynamodb", _READ_KEYS)]


def changing_items_of(table: dynamodb.ITable, *groups: str) -> list[iam.PolicyStatement]:
    """Read and put single items of these groups of the catalog, and their parts; remove none, and use no other."""
    statement = _allow(("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"), table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: [*groups, CHUNKS]})
    return [statement, *_changing_parts(table)]


def writing(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Read and write items of a table."""
    return [
        _allow((*READ_ITEMS, *WRITE_ITEMS), table.table_arn),
        via(_key_of(table.encryption_key), "dynamodb", _WRITE_KEYS),
    ]


def writing_groups(table: dynamodb.ITable, *groups: str) -> list[iam.PolicyStatement]:
    """Read and write items of these groups, and use no other."""
    statement = _allow(("dynamodb:GetItem", "dynamodb:Query", *WRITE_ITEMS), table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: list(groups)})
    return [statement, via(_key_of(table.encryption_key), "dynamodb", _WRITE_KEYS)]


def adding_samples(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Add to rates, and read and put samples of unknown keys; use no other item."""
    rates = _allow(("dynamodb:UpdateItem",), table.table_arn)
    rates.add_condition("ForAllValues:StringLike", {LEADING_KEYS: ["RATE#*"]})
    samples = _allow(("dynamodb:GetItem", "dynamodb:PutItem"), table.table_arn)
    samples.add_condition("ForAllValues:StringLike", {LEADING_KEYS: ["UNKNOWN_KEYS#*"]})
    return [rates, samples, via(_key_of(table.encryption_key), "dynamodb", _WRITE_KEYS)]


def writing_catalog(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Read all of the catalog and write it; entries of the audit log can't be removed.

    No policy can say that an item may be put only if it is not there: the condition of each put does.
    """
    removing = _allow(("dynamodb:DeleteItem",), table.table_arn)
    removing.add_condition("ForAllValues:StringNotLike", {LEADING_KEYS: [AUDIT]})
    return [
        _allow((*READ_ITEMS, "dynamodb:ConditionCheckItem", "dynamodb:PutItem"), table.table_arn),
        removing,
        *_changing_parts(table),
    ]


def writing_catalog_of(table: dynamodb.ITable, *groups: str) -> list[iam.PolicyStatement]:
    """Read all of the catalog, and write items of these groups alone."""
    statement = _allow(_WRITTEN_WHOLE, table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: [*groups, CHUNKS]})
    return [_allow(READ_ITEMS, table.table_arn), statement, *_changing_parts(table)]


def writing_catalog_except(table: dynamodb.ITable, *groups: str) -> list[iam.PolicyStatement]:
    """Read all of the catalog, and write items of all groups but these."""
    statement = _allow(_WRITTEN_WHOLE, table.table_arn)
    statement.add_condition("ForAllValues:StringNotLike", {LEADING_KEYS: list(groups)})
    return [_allow(READ_ITEMS, table.table_arn), statement, *_changing_parts(table)]


def adding_to_audit_log(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Put entries into the audit log; remove none."""
    statement = _allow(("dynamodb:PutItem",), table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: [AUDIT]})
    return [statement]


def _changing_parts(table: dynamodb.ITable) -> list[iam.PolicyStatement]:
    """Let parts of large items expire: items themselves are put whole, with the version they replace."""
    statement = _allow(("dynamodb:UpdateItem",), table.table_arn)
    statement.add_condition("ForAllValues:StringLike", {LEADING_KEYS: [CHUNKS]})
    return [statement, via(_key_of(table.encryption_key), "dynamodb", _WRITE_KEYS)]


def sending(*queues: WorkQueue) -> list[iam.PolicyStatement]:
    """Send messages to queues."""
    return [_allow(("sqs:SendMessage",), *(queue.queue.queue_arn for queue in queues))]


def redriving(*queues: WorkQueue) -> list[iam.PolicyStatement]:
    """Look at the dead letters of queues, and send them again."""
    dead = [queue.dead.queue_arn for queue in queues]
    verbs = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    return [
        _allow([f"sqs:{verb}" for verb in verbs], *dead),
        _allow(("sqs:GetQueueAttributes", "sqs:SendMessage"), *(queue.queue.queue_arn for queue in queues)),
    ]


def reading_objects(bucket: s3.Bucket, *prefixes: str) -> list[iam.PolicyStatement]:
    """List and read objects below prefixes, of which each ends where the next character may be any; nothing beside."""
    listing = _allow(("s3:ListBucket",), bucket.bucket_arn)
    listing.add_condition("StringLike", {"s3:prefix": [f"{prefix}*" for prefix in prefixes]})
    return [
        listing,
        _allow(("s3:GetObject",), *_objects(bucket, prefixes)),
        via(_key_of(bucket.encryption_key), "s3", _READ_KEYS),
    ]


def writing_objects(bucket: s3.Bucket, *prefixes: str) -> list[iam.PolicyStatement]:
    """Write objects below prefixes."""
    return [
        _allow(("s3:PutObject",), *_objects(bucket, prefixes)),
        via(_key_of(bucket.encryption_key), "s3", ("kms:Decrypt", "kms:GenerateDataKey")),
    ]


def deleting_objects(bucket: s3.Bucket, *prefixes: str) -> list[iam.PolicyStatement]:
    """Delete objects below prefixes; their old versions stay until they expire."""
    return [_allow(("s3:DeleteObject",), *_objects(bucket, prefixes))]


def reading_secret(secret: secretsmanager.Secret) -> list[iam.PolicyStatement]:
    """Read the value of one secret."""
    return [
        _allow(("secretsmanager:GetSecretValue",), secret.secret_arn),
        via(_key_of(secret.encryption_key), "secretsmanager", _READ_KEYS),
    ]


def using_secrets(stack: Stack, pattern: str, key: kms.IKey, *verbs: str) -> list[iam.PolicyStatement]:
    """Use secrets that are made at run time, whose names fit a pattern such as `ingest-prod/destinations/*`."""
    names = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{pattern}"
    keys = _READ_KEYS if verbs == ("GetSecretValue",) else (*_READ_KEYS, "kms:GenerateDataKey")
    return [_allow([f"secretsmanager:{verb}" for verb in verbs], names), via(key, "secretsmanager", keys)]


def using_secret(stack: Stack, name: str, key: kms.IKey, *verbs: str) -> list[iam.PolicyStatement]:
    """Use one secret that is made at run time. AWS adds `-` and six characters to its name once it is there."""
    return using_secrets(stack, f"{name}*", key, *verbs)


def using_streams(stack: Stack, prefix: str, *verbs: str) -> list[iam.PolicyStatement]:
    """Use delivery streams, which are made at run time."""
    return [_allow([f"firehose:{verb}" for verb in verbs], stream_arns(stack, prefix))]


def keeping_secrets(stack: Stack, prefix: str, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Make, read, change and remove secrets whose names start with `prefix`."""
    verbs = ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "RestoreSecret")
    return using_secrets(stack, f"{prefix}*", key, *verbs)


def sending_mail(stack: Stack, prefix: str, key: kms.IKey, *more: str) -> list[iam.PolicyStatement]:
    """Send mail to targets of alerts, each of which has a topic that is made at run time; `more` are further verbs."""
    verbs = ("ListSubscriptionsByTopic", "Publish", *more)
    topics = f"{topic_arns(stack, prefix)}tgt_*"
    return [_allow([f"sns:{verb}" for verb in verbs], topics), via(key, "sns", ("kms:Decrypt", "kms:GenerateDataKey"))]


def topic_arns(stack: Stack, prefix: str) -> str:
    """Return what the ARNs of topics start with whose names start with a prefix."""
    return f"arn:{stack.partition}:sns:{stack.region}:{stack.account}:{prefix}"


def importing_certificates(stack: Stack, mark: str) -> list[iam.PolicyStatement]:
    """Hand a certificate to ACM with the deployment's tag, also in the place of one that has it.

    One that is not there yet is `certificate/*` as well.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
    """
    certificates = f"arn:{stack.partition}:acm:{stack.region}:{stack.account}:certificate/*"
    return [
        _requested_as_ours(_allow(("acm:ImportCertificate",), certificates), mark),
        _ours(_allow(("acm:ImportCertificate",), certificates), mark),
        _tagging_certificates(certificates, mark),
    ]


def passing(role: iam.IRole, service: str) -> list[iam.PolicyStatement]:
    """Hand one role to one service."""
    statement = _allow(("iam:PassRole",), role.role_arn)
    statement.add_condition("StringEquals", {"iam:PassedToService": service})
    return [statement]


def serving_domains(stack: Stack, zone: HostedZone | None, mark: str) -> list[iam.PolicyStatement]:
    """Make and remove domains of environments: their certificates, names at the API, records in a lent zone.

    Only what carries the deployment's tag is changed or removed. Mappings have no tags, so that those of any domain can
    be: AWS documents inherited tags for the API of REST APIs alone.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    certificates = f"arn:{stack.partition}:acm:{stack.region}:{stack.account}:certificate/*"
    gateway = f"arn:{stack.partition}:apigateway:{stack.region}::"
    domains = f"{gateway}/domainnames"
    statements = [
        _ours(_allow(("acm:DeleteCertificate",), certificates), mark),
        _allow(("acm:DescribeCertificate", "acm:GetCertificate", "acm:ListTagsForCertificate"), certificates),
        _tagging_certificates(certificates, mark),
        # To AWS neither is about one certificate: with the ARN of any they would be refused.
        _allow(("acm:ListCertificates",), "*"),
        _requested_as_ours(_allow(("acm:RequestCertificate",), "*"), mark),
        _requested_as_ours(_allow(("apigateway:POST",), domains), mark),
        _allow(("apigateway:POST",), f"{domains}/*/apimappings"),
        _allow(("apigateway:DELETE",), f"{domains}/*/apimappings/*"),
        _allow(("apigateway:GET",), f"{domains}/*"),
        _ours(_allow(("apigateway:DELETE", "apigateway:PATCH"), f"{domains}/*"), mark),
        _tagged_as_ours(_allow(("apigateway:POST", "apigateway:PUT"), f"{gateway}/tags/*"), mark),
    ]
    if zone is not None:
        records = ("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets")
        statements.append(_allow(records, f"arn:{stack.partition}:route53:::hostedzone/{zone.zone_id}"))
    return statements


def _tagging_certificates(certificates: str, mark: str) -> iam.PolicyStatement:
    """Tag certificates as the deployment's, and none that is another deployment's.

    AWS asks for it when a certificate is made with tags, and does not tell that from tagging one that is there.
    """
    statement = _requested_as_ours(_allow(("acm:AddTagsToCertificate",), certificates), mark)
    statement.add_condition("StringEqualsIfExists", {f"aws:ResourceTag/{DEPLOYMENT_TAG}": mark})
    return statement


def _ours(statement: iam.PolicyStatement, mark: str) -> iam.PolicyStatement:
    """Narrow to what has the deployment's tag."""
    statement.add_condition("StringEquals", {f"aws:ResourceTag/{DEPLOYMENT_TAG}": mark})
    return statement


def _requested_as_ours(statement: iam.PolicyStatement, mark: str) -> iam.PolicyStatement:
    """Narrow to requests that give the deployment's tag."""
    statement.add_condition("StringEquals", {f"aws:RequestTag/{DEPLOYMENT_TAG}": mark})
    return statement


def _tagged_as_ours(statement: iam.PolicyStatement, mark: str) -> iam.PolicyStatement:
    """Narrow to requests that give no other deployment's tag."""
    statement.add_condition("StringEqualsIfExists", {f"aws:RequestTag/{DEPLOYMENT_TAG}": mark})
    return statement


def using_listener(listener: elb.ApplicationListener) -> list[iam.PolicyStatement]:
    """Have certificates at a listener, and look at those that it has."""
    verbs = ("elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates")
    return [
        _allow(verbs, listener.listener_arn),
        # It is about no listener, to AWS.
        _allow(("elasticloadbalancing:DescribeListenerCertificates",), "*"),
    ]


def taking_on_users_roles(stack: Stack) -> list[iam.PolicyStatement]:
    """Take on roles of other accounts, whose trust policies decide; never one of this account."""
    statement = _allow(("sts:AssumeRole",), f"arn:{stack.partition}:iam::*:role/*")
    statement.add_condition("StringNotEquals", {"aws:ResourceAccount": stack.account})
    return [statement]


def joining_a_network(stack: Stack, function_name: str) -> list[iam.PolicyStatement]:
    """Let Lambda give a function interfaces in subnets, and the function's own code not.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    changing = (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    )
    looking = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
    function = f"arn:{stack.partition}:lambda:{stack.region}:{stack.account}:function:{function_name}"
    denied = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=[*changing, *looking, "ec2:DetachNetworkInterface"],
        resources=["*"],
        conditions={"ArnEquals": {"lambda:SourceFunctionArn": function}},
    )
    # Lambda wants all kinds and ids of the account for what it changes, and no less.
    everything = f"arn:{stack.partition}:ec2:{stack.region}:{stack.account}:*/*"
    return [_allow(changing, everything), _allow(looking, "*"), denied]


def stream_arns(stack: Stack, prefix: str) -> str:
    """Return the pattern of the streams of a deployment.

    An environment's id follows the prefix, and no stage has a `_` in its name: streams of `prod-eu` are none of `prod`.
    """
    return f"arn:{stack.partition}:firehose:{stack.region}:{stack.account}:deliverystream/{prefix}env_*"


def via(key: kms.IKey, service: str, actions: Sequence[str]) -> iam.PolicyStatement:
    """Use a key through a service, and not otherwise."""
    statement = _allow(actions, key.key_arn)
    statement.add_condition("StringEquals", {"kms:ViaService": f"{service}.{Stack.of(key).region}.amazonaws.com"})
    return statement


def allowing(actions: Sequence[str], *resources: str) -> list[iam.PolicyStatement]:
    """Do exactly this to exactly that."""
    return [_allow(actions, *resources)]


def _allow(actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))


def _objects(bucket: s3.Bucket, prefixes: Sequence[str]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]


def _key_of(key: kms.IKey | None) -> kms.IKey:
    assert key is not None, "all that has a memory is encrypted with the deployment's key"
    return key
