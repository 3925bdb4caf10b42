"""Statements of a role, each with the exact actions of a way to use something."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.constructs.queues import WorkQueue
from infra.settings.stage import HostedZone

READ_ITEMS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE_ITEMS = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
_READ_KEYS = ("kms:Decrypt", "kms:DescribeKey")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_WRITE_KEYS = (*_READ_KEYS, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


def reading(table: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Read items of a table."""
    return [_allow(READ_ITEMS, table.table_arn), via(_key_of(table.encryption_key), "dynamodb", _READ_KEYS)]


def writing(table: dynamodb.Table) -> list[iam.PolicyStatement]:
    """Read and write items of a table."""
    return [
        _allow((*READ_ITEMS, *WRITE_ITEMS), table.table_arn),
        via(_key_of(table.encryption_key), "dynamodb", _WRITE_KEYS),
    ]


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


def using_secrets(stack: Stack, prefix: str, key: kms.IKey, *verbs: str) -> list[iam.PolicyStatement]:
    """Use secrets that are made at run time, all of whose names start with `prefix`."""
    names = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{prefix}*"
    keys = _READ_KEYS if verbs == ("GetSecretValue",) else (*_READ_KEYS, "kms:GenerateDataKey")
    return [_allow([f"secretsmanager:{verb}" for verb in verbs], names), via(key, "secretsmanager", keys)]


def using_streams(stack: Stack, prefix: str, *verbs: str) -> list[iam.PolicyStatement]:
    """Use delivery streams, which are made at run time."""
    return [_allow([f"firehose:{verb}" for verb in verbs], stream_arns(stack, prefix))]


def keeping_secrets(stack: Stack, prefix: str, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Make, read, change and remove secrets whose names start with `prefix`."""
    verbs = ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "RestoreSecret")
    return using_secrets(stack, prefix, key, *verbs)


def importing_certificates(stack: Stack) -> list[iam.PolicyStatement]:
    """Hand a certificate to ACM with its tags; what else is done with it the provisioner does.

    One that is not there yet is `certificate/*` as well.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
    """
    certificates = f"arn:{stack.partition}:acm:{stack.region}:{stack.account}:certificate/*"
    return [_allow(("acm:AddTagsToCertificate", "acm:ImportCertificate"), certificates)]


def passing(role: iam.IRole, service: str) -> list[iam.PolicyStatement]:
    """Hand one role to one service."""
    statement = _allow(("iam:PassRole",), role.role_arn)
    statement.add_condition("StringEquals", {"iam:PassedToService": service})
    return [statement]


def serving_domains(stack: Stack, zone: HostedZone | None) -> list[iam.PolicyStatement]:
    """Make and remove domains of environments: their certificates, names at the API, records in a lent zone."""
    here = f"{stack.region}:{stack.account}"
    certificates = f"arn:{stack.partition}:acm:{here}:certificate/*"
    domains = f"arn:{stack.partition}:apigateway:{stack.region}::/domainnames"
    statements = [
        _allow(
            (
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:DescribeCertificate",
                "acm:GetCertificate",
                "acm:ListTagsForCertificate",
            ),
            certificates,
        ),
        # To AWS neither is about one certificate: with the ARN of any they would be refused.
        _allow(("acm:ListCertificates", "acm:RequestCertificate"), "*"),
        _allow(("apigateway:POST",), domains, f"{domains}/*/apimappings"),
        _allow(("apigateway:DELETE", "apigateway:GET", "apigateway:PATCH"), f"{domains}/*"),
        _allow(
            ("apigateway:POST", "apigateway:PUT"),
            f"arn:{stack.partition}:apigateway:{stack.region}::/tags/*",
        ),
    ]
    if zone is not None:
        records = ("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets")
        statements.append(_allow(records, f"arn:{stack.partition}:route53:::hostedzone/{zone.zone_id}"))
    return statements


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


def stream_arns(stack: Stack, prefix: str) -> str:
    """Return the pattern of the streams of a deployment."""
    return f"arn:{stack.partition}:firehose:{stack.region}:{stack.account}:deliverystream/{prefix}*"


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
