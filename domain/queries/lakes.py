"""How engines read a lake's table: by the file that lists the tables of one machine, or by the Glue Data Catalog.

https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html
https://docs.cloud.google.com/bigquery/docs/glue-federated-datasets
https://duckdb.org/docs/stable/core_extensions/iceberg/amazon_sagemaker_lakehouse
https://docs.snowflake.com/en/sql-reference/sql/create-catalog-integration-glue
https://iceberg.apache.org/docs/latest/aws/
https://trino.io/docs/current/object-storage/metastores.html
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from domain.queries.dialects import BIGQUERY, DUCKDB, OF_WAREHOUSES, SPARK, TRINO
from domain.queries.readable import Asked, Read, Readable, Step
from domain.warehouses.bigquery_external import DATASET, SESSION_NOTE, aws_location
from domain.warehouses.engine import ACCOUNT
from domain.warehouses.quoting import double_quoted, escaped_backticked, escaped_literal, literal
from schemas.lakes import MANAGED_PREFIX, local_namespace

CATALOG = "lake"
"""What a catalog of one machine calls itself, and so has to be called in Spark."""
_ICEBERG = "1.9.2"
_RUNTIME = f"org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:{_ICEBERG}"
_READ_ONLY = "Only read with it: what others write is nothing that the deployment knows of."


def _local_in_duckdb(asked: Asked) -> Readable:
    namespace, table = _local_name(asked)
    catalog, variable = double_quoted(f"{table}_catalog"), double_quoted(f"{table}_metadata")
    view = double_quoted(table)
    attached = (
        "INSTALL iceberg;\nLOAD iceberg;\nINSTALL sqlite;\nLOAD sqlite;\n"
        f"ATTACH IF NOT EXISTS {literal(str(asked.own_bucket.lake_catalog))} AS {catalog} (TYPE sqlite, READ_ONLY);\n"
    )
    opened = (
        f"SET VARIABLE {variable} = (\n  SELECT metadata_location FROM {catalog}.iceberg_tables\n"
        f"  WHERE table_namespace = {literal(namespace)} AND table_name = {literal(table)}\n);\n"
        f"CREATE OR REPLACE TEMP VIEW {view} AS\n"
        f"SELECT * FROM iceberg_scan(getvariable({literal(f'{table}_metadata')}));\n"
    )
    return Readable(
        DUCKDB,
        table=table,
        relation=view,
        names=asked.apart,
        set_up=[
            Step("sql", "Find the catalog, once in each session", attached),
            Step("sql", "Open the table, and again to see later rows", opened),
        ],
        notes=["The extension iceberg reads what the table's newest metadata name, and no other files of the folder."],
    )


def _local_in_spark(asked: Asked) -> Readable:
    own = asked.own_bucket
    conf = {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "jdbc",
        ".uri": f"jdbc:sqlite:{own.lake_catalog}",
        ".warehouse": f"file://{quote(str(own.folder))}",
    }
    packages = f"{_RUNTIME},org.xerial:sqlite-jdbc:3.46.1.3"
    place = (CATALOG, *_local_name(asked))
    return Readable(
        SPARK,
        table=asked.destination["table"],
        relation=".".join(map(SPARK.quoted, place)),
        names=asked.apart,
        set_up=[Step("command", "Start Spark 3.5 with the catalog", _spark_sql(packages, conf))],
        notes=[_READ_ONLY],
    )


def _local_name(asked: Asked) -> tuple[str, str]:
    namespace = local_namespace(asked.environment["organisation_id"], asked.destination.get("database"))
    return namespace, asked.destination["table"]


@dataclass(frozen=True, slots=True)
class InGlue:
    """A table as the Glue Data Catalog lists it.

    `url` is the folder of all tables of its lake, in `bucket`. `key_arn` is that of the key of a managed bucket.
    """

    database: str
    table: str
    region: str
    bucket: str
    url: str
    key_arn: str | None = None

    @property
    def reading(self) -> str:
        """What it takes to read the files, after a comma or an "and"."""
        files = f"s3:GetObject below {self.url}"
        return files if self.key_arn is None else f"{files}, and kms:Decrypt on {self.key_arn}"


def in_glue(asked: Asked) -> InGlue:
    own, destination = asked.own_bucket, asked.destination
    if destination.get("managed"):
        prefix = "<DATABASE_PREFIX>" if own.lake_databases is None else own.lake_databases
        database = f"{prefix}{asked.environment['organisation_id']}"
        url = f"s3://{own.name}/{MANAGED_PREFIX}"
        key_arn = own.key_arn or "<KMS_KEY_ARN>"
        return InGlue(database, destination["table"], own.region or "<REGION>", own.name, url, key_arn)
    url = f"s3://{destination['bucket']}/{destination['prefix']}"
    return InGlue(destination["database"], destination["table"], destination["region"], destination["bucket"], url)


def _reader_arn(place: InGlue) -> str:
    """Return the role that a vendor assumes: its name has room for 64 characters."""
    return f"arn:aws:iam::{ACCOUNT}:role/{place.table[:40].rstrip('_')}_reader"


def _rights(place: InGlue) -> str:
    return (
        f"Who queries needs glue:GetDatabase and glue:GetTable for {place.database} and {place.table}, "
        f"and {place.reading}"
    )


def _athena(asked: Asked) -> Readable:
    place = in_glue(asked)
    return Readable(
        TRINO,
        table=place.table,
        relation=f"{double_quoted(place.database)}.{double_quoted(place.table)}",
        names=asked.apart,
        notes=[f"Choose the region {place.region} and engine version 3.", f"{_rights(place)}."],
    )


def _bigquery(asked: Asked) -> Readable:
    place = in_glue(asked)
    location, connection = aws_location(place.region), f"{place.table}_glue"
    connected = (
        f"bq mk --connection --connection_type=AWS --location={shlex.quote(location)} \\\n"
        f"  --iam_role_id={shlex.quote(_reader_arn(place))} {connection}\n"
    )
    database = f"aws-glue://arn:aws:glue:{place.region}:{ACCOUNT}:database/{place.database}"
    linked = (
        f"CREATE EXTERNAL SCHEMA IF NOT EXISTS {escaped_backticked(DATASET)}\n"
        f"WITH CONNECTION {escaped_backticked(location)}.{escaped_backticked(connection)}\n"
        f"OPTIONS (\n  external_source = {escaped_literal(database)},\n  location = {escaped_literal(location)}\n);\n"
    )
    return Readable(
        BIGQUERY,
        table=place.table,
        relation=f"{escaped_backticked(DATASET)}.{escaped_backticked(place.table)}",
        names=asked.apart,
        set_up=[
            Step("command", "Make a connection, once: it says which identity the role has to trust", connected),
            Step("sql", "Link a data set to the catalog's database, once the role trusts it", linked),
        ],
        notes=[
            f"Fill in {ACCOUNT}, the account that the catalog is in, and {DATASET}, a new data set, and make the role.",
            (
                "The role needs glue:GetDatabase, glue:GetTable, glue:GetTables and glue:GetPartitions for "
                f"{place.database} and its tables, s3:ListBucket for {place.bucket}, and {place.reading}."
            ),
            (
                "It trusts accounts.google.com by sts:AssumeRoleWithWebIdentity, on the condition that "
                f"accounts.google.com:sub is that identity. {SESSION_NOTE}"
            ),
            "BigQuery reads S3 in a few regions of AWS only. The data set shows all tables that the role may see.",
        ],
    )


def _duckdb(asked: Asked) -> Readable:
    place = in_glue(asked)
    secret = double_quoted(f"{place.table}_s3")
    text = (
        "INSTALL aws;\nLOAD aws;\nINSTALL httpfs;\nLOAD httpfs;\nINSTALL iceberg;\nLOAD iceberg;\n"
        f"CREATE OR REPLACE SECRET {secret} (TYPE s3, PROVIDER credential_chain, REGION {literal(place.region)});\n"
        f"ATTACH IF NOT EXISTS {literal(ACCOUNT)} AS {double_quoted(CATALOG)} (TYPE iceberg, ENDPOINT_TYPE 'glue');\n"
    )
    return Readable(
        DUCKDB,
        table=place.table,
        relation=".".join(map(double_quoted, (CATALOG, place.database, place.table))),
        names=asked.apart,
        set_up=[Step("sql", "Attach the catalog, once in each session", text)],
        notes=[f"Fill in {ACCOUNT}, the account that the catalog is in.", f"{_rights(place)}."],
    )


def _snowflake(asked: Asked) -> Readable:
    place = in_glue(asked)
    role = literal(_reader_arn(place))
    volume, integration = f"{place.table}_volume", f"{place.table}_glue"
    external_id = literal(asked.environment["id"])
    access = (
        f"CREATE EXTERNAL VOLUME IF NOT EXISTS {volume}\n  STORAGE_LOCATIONS = ((NAME = {literal(place.table)} "
        f"STORAGE_PROVIDER = 'S3'\n    STORAGE_BASE_URL = {literal(place.url)}\n    STORAGE_AWS_ROLE_ARN = {role}\n"
        f"    STORAGE_AWS_EXTERNAL_ID = {external_id}))\n  ALLOW_WRITES = FALSE;\n"
        f"CREATE CATALOG INTEGRATION IF NOT EXISTS {integration}\n  CATALOG_SOURCE = GLUE\n  TABLE_FORMAT = ICEBERG\n"
        f"  CATALOG_NAMESPACE = {literal(place.database)}\n  GLUE_AWS_ROLE_ARN = {role}\n"
        f"  GLUE_CATALOG_ID = {literal(ACCOUNT)}\n  GLUE_REGION = {literal(place.region)}\n"
        "  ENABLED = TRUE\n  REFRESH_INTERVAL_SECONDS = 60;\n"
        f"DESC EXTERNAL VOLUME {volume};\nDESC CATALOG INTEGRATION {integration};\n"
    )
    made = (
        f"CREATE ICEBERG TABLE IF NOT EXISTS {double_quoted(place.table)}\n  EXTERNAL_VOLUME = {literal(volume)}\n"
        f"  CATALOG = {literal(integration)}\n  CATALOG_TABLE_NAME = {literal(place.table)}\n  AUTO_REFRESH = TRUE;\n"
    )
    return Readable(
        OF_WAREHOUSES["snowflake"],
        table=place.table,
        relation=double_quoted(place.table),
        names=asked.apart,
        set_up=[
            Step("sql", "Let Snowflake reach the files and the catalog, once", access),
            Step("sql", "Make the table, once the role trusts Snowflake", made),
        ],
        notes=[
            f"Fill in {ACCOUNT}, the account that the catalog is in, and make the role.",
            f"{_rights(place)}; here that is the role.",
            "The two DESC show which user of Snowflake the role has to trust, under which external id.",
            "New rows and columns can be seen about a minute later.",
        ],
    )


def _spark(asked: Asked) -> Readable:
    place = in_glue(asked)
    conf = {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "glue",
        ".io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        ".warehouse": place.url,
        ".client.region": place.region,
    }
    packages = f"{_RUNTIME},org.apache.iceberg:iceberg-aws-bundle:{_ICEBERG}"
    return Readable(
        SPARK,
        table=place.table,
        relation=".".join(map(SPARK.quoted, (CATALOG, place.database, place.table))),
        names=asked.apart,
        set_up=[Step("command", "Start Spark 3.5 with the catalog", _spark_sql(packages, conf))],
        notes=[f"{_rights(place)}.", _READ_ONLY],
    )


def _trino(asked: Asked) -> Readable:
    place = in_glue(asked)
    properties = (
        "connector.name=iceberg\niceberg.catalog.type=glue\n"
        f"hive.metastore.glue.region={place.region}\nfs.native-s3.enabled=true\ns3.region={place.region}\n"
        "iceberg.security=read_only\n"
    )
    return Readable(
        TRINO,
        table=place.table,
        relation=".".join(map(double_quoted, (CATALOG, place.database, place.table))),
        names=asked.apart,
        set_up=[
            Step(
                "command",
                "Write the catalog's properties, and start Trino again",
                f"cat > etc/catalog/{CATALOG}.properties <<'END'\n{properties}END\n",
            )
        ],
        notes=[f"{_rights(place)}."],
    )


def _spark_sql(packages: str, conf: Mapping[str, str]) -> str:
    settings = " \\\n".join(
        f"  --conf {shlex.quote(f'spark.sql.catalog.{CATALOG}{name}={value}')}" for name, value in conf.items()
    )
    return f"spark-sql --packages {packages} \\\n{settings}\n"


LOCAL: Mapping[str, Read] = {"duckdb": _local_in_duckdb, "spark": _local_in_spark}
IN_GLUE: Mapping[str, Read] = {
    "athena": _athena,
    "bigquery": _bigquery,
    "duckdb": _duckdb,
    "snowflake": _snowflake,
    "spark": _spark,
    "trino": _trino,
}
