"""The problem document, as the API's description shows it."""

from pydantic import BaseModel, ConfigDict, Field


class FieldError(BaseModel):
    """One fault of a request, at a JSON Pointer into the body; of a query parameter, `/<its name>`."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """Why a request was not served (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="One of a closed set.")
    message: str = Field(description="The same as `detail`.")
    request_id: str
    errors: list[FieldError] = Field(default_factory=list)
