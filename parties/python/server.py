"""A server over stdio, of the official Python SDK (`mcp`) or of FastMCP (`fastmcp`): its first argument says which."""

import sys

from pydantic import BaseModel

if sys.argv[1] == "fastmcp":
    from fastmcp import FastMCP as Server
else:
    from mcp.server import MCPServer as Server

server = Server("python")


class Person(BaseModel):
    name: str
    born: int


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def person(name: str) -> Person:
    """Somebody, as structured content."""
    return Person(name=name, born=1815)


@server.prompt()
def greet(name: str) -> str:
    """A greeting."""
    return f"Say hello to {name}"


@server.resource("note://one")
def note() -> str:
    """A note."""
    return "one"


@server.resource("note://by/{name}")
def note_by(name: str) -> str:
    """A note of somebody."""
    return f"a note by {name}"


server.run("stdio")
