"""The example of a model that an answer shows."""

from typing import Any

from pydantic import BaseModel

from functions.management.examples.alerts import ALERT_EXAMPLES
from functions.management.examples.catalog import CATALOG_EXAMPLES
from functions.management.examples.environments import ENVIRONMENT_EXAMPLES
from functions.management.examples.queries import QUERY_EXAMPLES
from functions.management.examples.running import RUNNING_EXAMPLES
from functions.management.examples.warehouses import WAREHOUSE_EXAMPLES
from schemas.models.declared import Page

_EXAMPLES = {
    **CATALOG_EXAMPLES,
    **ENVIRONMENT_EXAMPLES,
    **RUNNING_EXAMPLES,
    **ALERT_EXAMPLES,
    **QUERY_EXAMPLES,
    **WAREHOUSE_EXAMPLES,
}


def answer_example(model: type[BaseModel]) -> Any:
    """Return the example of a model; a page's holds that of its items, unless it has one of its own.

    Raises:
        KeyError: the model has none.
    """
    if model in _EXAMPLES:
        return _EXAMPLES[model]
    if not issubclass(model, Page):
        raise KeyError(model.__name__)
    (item,) = model.model_fields["items"].annotation.__args__  # type: ignore[union-attr]  # always `list[Item]`
    return {"items": [answer_example(item)], "next": None}
