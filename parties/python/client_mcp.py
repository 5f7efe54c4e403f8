"""The client of the official Python SDK: lists, calls once, prints both."""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main() -> None:
    url, token, tool, args = sys.argv[1:]
    http = create_mcp_http_client(headers={"authorization": f"Bearer {token}"})
    async with http, Client(streamable_http_client(url, http_client=http)) as client:
        names: list[str] = []
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            names += [each.name for each in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        result = await client.call_tool(tool, json.loads(args))
        print(json.dumps({"names": names, "text": result.content[0].text}))


asyncio.run(main())
