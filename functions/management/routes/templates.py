"""The route that lists templates."""

from dataclasses import asdict

from domain.language.templates import TEMPLATES
from domain.language.templates.template import Template
from domain.records.caller import Role
from domain.records.change import Resource
from domain.records.pages import page_of
from functions.management.routes.queries import Cursor, Limit
from functions.management.routing import Routes
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.template import TemplatePage


def declare(routes: Routes) -> None:
    """Declare it."""

    @routes.add("GET", "/v1/templates", "List templates", role=Role.VIEWER, shown=TemplatePage)
    def list_templates(limit: Limit = DEFAULT_PAGE_ITEMS, cursor: Cursor = None) -> Resource:
        """What an endpoint or a revision can start from: the same for all organisations."""
        shown = [_shown(name, template) for name, template in TEMPLATES.items()]
        return page_of(shown, limit=limit, cursor=cursor, by="name")


def _shown(name: str, template: Template) -> Resource:
    return {
        "name": name,
        "title": template.title,
        "about": template.about,
        "page": template.page,
        "field_count": len(template.fields),
        "additional_keys": template.additional_keys,
        "event_name": template.event_name,
        "typed": asdict(template.typed) if template.typed else None,
    }
