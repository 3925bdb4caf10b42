"""The commands of `aws` that the docs show, as AWS's own command line runs them; and certbot's, as it reads them."""

import json
import os
import re
import subprocess

import pytest

from tests.e2e_aws.deployment import OWNER, STAGE
from tests.shell_blocks import PAGES, ROOT, blocks_of

pytestmark = pytest.mark.emulator

TOOLS = ROOT / ".cache" / "emulator" / "bin"
SEPARATOR = "\x1e"
RESTORED = f"ingest-{STAGE}-catalog-restored"
PARSE = """
import sys
from certbot._internal import cli
from certbot._internal.plugins import disco
read = cli.prepare_and_parse_args(disco.PluginsRegistry.find_all(), sys.argv[1:])
print(read.verb, read.manual, *read.domains, *read.pref_challs)
"""


def typed(program):
    """Return by page what is typed to a program there, in order."""
    found = {}
    for page in PAGES:
        for block in blocks_of(page):
            for command in block.commands if block.language == "console" else []:
                if re.match(rf"(\w+=\$\()?{program} ", command):
                    found.setdefault(page, []).append(command)
    return found


AWS = typed("aws")


def adapted(command, **names):
    """Return a command with what its reader has in the place of examples."""
    # A payload is sent as it is; version 2 alone has to be told so.
    command = command.replace("--cli-binary-format raw-in-base64-out ", "")
    command = command.replace("ingest-prod", f"ingest-{STAGE}").replace("ann@example.com", OWNER)
    for example, own in names.items():
        command = command.replace(example, own)
    return command


def run(deployment, page, examples=(), **variables):
    """Paste the commands of a page one after the other into one shell; return what each printed."""
    script = f"\nprintf '{SEPARATOR}'\n".join(adapted(command, **dict(examples)) for command in AWS[page])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", script],
        env={**kept, **deployment.emulator.variables, **variables, "PATH": path, "AWS_PAGER": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [text.strip() for text in done.stdout.split(SEPARATOR)]


def test_each_command_of_aws_is_on_a_page_that_is_run_here():
    assert set(AWS) == {f"docs/{name}.md" for name in ("access", "deploy", "operate", "recover")}
    assert sum(map(len, AWS.values())) > 12


def test_the_operator_makes_the_owners_token_and_a_user(deployment):
    pools = deployment.emulator.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    made, token, user = run(deployment, "docs/access.md", [("eu-central-1_…", pools[0]["Id"])])
    told, end = json.JSONDecoder().raw_decode(made)
    assert told["token_secret"] == f"ingest-{STAGE}/admin-token"
    assert json.loads(made[end:])["StatusCode"] == 200
    assert token == deployment.token
    assert json.loads(user)["User"]["Username"]


@pytest.fixture
def network(deployment):
    """What stands on the page of deploying for a network with a database, by the example there."""
    ec2 = deployment.emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = {
        "vpc-…": vpc,
        "rtb-…": ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
        "sg-0eee…": ec2.create_security_group(VpcId=vpc, GroupName="db", Description="A database")["GroupId"],
    }
    yield made
    endpoints = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"] for endpoint in endpoints])
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    for group in [
        made["sg-0eee…"],
        *(group["GroupId"] for group in groups if group["GroupName"] == "ingest-functions"),
    ]:
        ec2.delete_security_group(GroupId=group)
    ec2.delete_route_table(RouteTableId=made["rtb-…"])
    ec2.delete_vpc(VpcId=vpc)


def test_a_network_and_the_first_member_are_made_as_the_page_of_deploying_says(deployment, network):
    *_, made, token = run(deployment, "docs/deploy.md", network.items())
    ec2 = deployment.emulator.client("ec2")
    (database,) = ec2.describe_security_groups(GroupIds=[network["sg-0eee…"]])["SecurityGroups"]
    (allowed,) = database["IpPermissions"]
    assert (allowed["FromPort"], allowed["ToPort"]) == (5432, 5432)
    (functions,) = ec2.describe_security_groups(GroupIds=[pair["GroupId"] for pair in allowed["UserIdGroupPairs"]])[
        "SecurityGroups"
    ]
    assert sorted(rule["FromPort"] for rule in functions["IpPermissionsEgress"]) == [443, 5432]
    assert json.JSONDecoder().raw_decode(made)[0]["owner_email"] == OWNER
    assert token == ""  # kept in a variable


@pytest.fixture
def secret(deployment):
    """The deployment's secret, which is the same again afterwards."""
    secrets = deployment.emulator.client("secretsmanager")
    arn = deployment.outputs["DeploymentSecretArn"]
    before = secrets.get_secret_value(SecretId=arn)["SecretString"]
    yield lambda: secrets.get_secret_value(SecretId=arn)["SecretString"]
    secrets.put_secret_value(SecretId=arn, SecretString=before)


def test_the_operator_rotates_the_deployments_secret(deployment, secret):
    before = secret()
    run(deployment, "docs/operate.md")
    assert re.fullmatch("[0-9a-f]{64}", secret())
    assert secret() != before


@pytest.fixture
def deleted_object(deployment):
    """The bucket, the key and the delete marker of an object."""
    s3 = deployment.emulator.client("s3")
    bucket, key = deployment.outputs["DataBucketName"], "environment=env_restored/dt=2026-11-28/one.gz"
    s3.put_object(Bucket=bucket, Key=key, Body=b"kept")
    marker = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
    yield bucket, key, marker
    for version in s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


@pytest.fixture
def restored(deployment):
    yield RESTORED
    dynamodb = deployment.emulator.client("dynamodb")
    dynamodb.update_table(TableName=RESTORED, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=RESTORED)


def test_a_table_is_restored_beside_itself_and_an_object_comes_back(deployment, deleted_object, restored):
    bucket, key, marker = deleted_object
    variables = {"CATALOG": deployment.outputs["CatalogTableName"], "BUCKET": bucket, "KEY": key, "VERSION": marker}
    *_, listed, _ = run(deployment, "docs/recover.md", [("env_…", "env_restored")], **variables)
    assert listed.split() == [key, marker]
    body = deployment.emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert body == b"kept"
    dynamodb = deployment.emulator.client("dynamodb")
    assert dynamodb.describe_table(TableName=restored)["Table"]["TableStatus"] == "ACTIVE"
    expiry = dynamodb.describe_time_to_live(TableName=restored)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")


def test_certbot_reads_what_the_docs_ask_of_it():
    ((command,),) = typed("certbot").values()
    done = subprocess.run(
        [TOOLS / "python", "-c", PARSE, *command.split()[1:]], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["certonly", "True", "events.example.com", "dns-01"]
