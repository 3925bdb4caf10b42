"""Routes that show a revision as what other tools read: a JSON Schema, types, a table's columns, an example."""

from domain.catalog import revisions
from domain.language.bigquery_schema import bigquery_columns
from domain.language.examples import example_of
from domain.language.json_schema_export import json_schema_of
from domain.language.typed_code import typed_code_of
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import TypesLanguage, When
from functions.management.routing import Routes
from schemas.models.revision_document import (
    RevisionBigQuerySchema,
    RevisionExample,
    RevisionJsonSchema,
    RevisionTypes,
)

_ONE = "/v1/revisions/{revision_id}"


def declare(routes: Routes, catalog: Catalog) -> None:
    """Declare them."""

    @routes.add(
        "GET",
        f"{_ONE}/json-schema",
        "Get a revision as a JSON Schema",
        role=Role.VIEWER,
        shown=RevisionJsonSchema,
        computes=True,
    )
    def get_json_schema(revision_id: str) -> Resource:
        """Dialect 2020-12. It accepts the documents that ingest accepts; what it can't say stands in `$comment`."""
        revision, tree = revisions.read_with_tree(catalog.table, routes.call, revision_id)
        return json_schema_of(
            revision.data["name"],
            tree.data["fields"],
            edition=tree.data.get("edition", 1),
            additional_keys=revision.data["additional_keys"],
            budget=routes.budget,
        )

    @routes.add(
        "GET",
        f"{_ONE}/types",
        "Get the types of a revision's events as code",
        role=Role.VIEWER,
        shown=RevisionTypes,
        computes=True,
    )
    def get_types(revision_id: str, language: TypesLanguage) -> Resource:
        """Of the events as they are sent. The same for the same fields, whatever the revision is called."""
        revision, tree = revisions.read_with_tree(catalog.table, routes.call, revision_id)
        return typed_code_of(
            language,
            revision.data["name"],
            tree.data["fields"],
            edition=tree.data.get("edition", 1),
            additional_keys=revision.data["additional_keys"],
            budget=routes.budget,
        )._asdict()

    @routes.add(
        "GET",
        f"{_ONE}/bigquery-schema",
        "Get a revision as the columns of a BigQuery table",
        role=Role.VIEWER,
        shown=RevisionBigQuerySchema,
        computes=True,
    )
    def get_bigquery_schema(revision_id: str) -> Resource:
        """The stamps first, then the fields in their order; what is redacted has no column."""
        revision, tree = revisions.read_with_tree(catalog.table, routes.call, revision_id)
        return {"fields": bigquery_columns(tree.data["fields"], revision.data["additional_keys"])}

    @routes.add(
        "GET",
        f"{_ONE}/example",
        "Get an event that a revision accepts",
        role=Role.VIEWER,
        shown=RevisionExample,
        computes=True,
    )
    def get_example(revision_id: str, when: When = None) -> Resource:
        """The same for the same fields. 422 `no_example` names the keys for which no value was found."""
        revision, tree = revisions.read_with_tree(catalog.table, routes.call, revision_id)
        rejects = revision.data["additional_keys"] == "reject"
        return {"example": example_of(tree.data["fields"], routes.budget, when, rejects_unknown=rejects)}
