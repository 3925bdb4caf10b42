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

    type: str = Field(description="A URN that ends with the code.")
    title: str = Field(description="What HTTP calls the status.")
    status: int
    detail: str = Field(description="What is wrong and what helps, in plain words.")
    code: str = Field(description="One of a closed set.")
    message: str = Field(description="The same as `detail`.")
    request_id: str = Field(description="The same as the header `X-Request-Id`.")
    errors: list[FieldError] = Field(default_factory=list, description="The faults of a request, if it has any.")
    more: bool = Field(default=False, description="True if there are more faults than are listed: at most 100 are.")
