"""What `/openapi.json` says beyond what the functions of the API say: errors, tokens, answers by `Accept`."""

from typing import Any

from fastapi import FastAPI

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong, and what to change (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A token from the page of your account: `gw_…`."}
_FOR_PEOPLE_TOO: dict[str, Any] = {"*/*": {}}


def description(app: FastAPI) -> dict[str, Any]:
    """The description of the whole API; made once, when it is first asked for."""
    made = FastAPI.openapi(app)
    parts = made.setdefault("components", {})
    if "Problem" not in parts.setdefault("schemas", {}):
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        parts["schemas"]["Problem"] = _PROBLEM
        parts["securitySchemes"] = {"token": _TOKEN}
        made["security"] = [{}, {"token": []}]
        for path, operations in made["paths"].items():
            for operation in operations.values():
                _complete(operation["responses"], for_programs=path.startswith("/api/"))
    return made


def _complete(responses: dict[str, Any], *, for_programs: bool) -> None:
    """Errors are problem documents; answers that nothing is said of are of the type that was asked for."""
    responses.pop("422", None)
    problem: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    pages: dict[str, Any] = {} if for_programs else {"text/html": {}}
    responses["default"] = {"description": "Something is wrong.", "content": problem | pages}
    for answer in responses.values():
        if answer.get("content") == {"application/json": {"schema": {}}}:
            answer["content"] = _FOR_PEOPLE_TOO
