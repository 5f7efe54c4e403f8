"""The client of FastMCP: lists, calls once, prints both."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport


async def main() -> None:
    url, token, tool, args = sys.argv[1:]
    transport = StreamableHttpTransport(url, headers={"authorization": f"Bearer {token}"})
    async with Client(transport) as client:
        names = [each.name for each in await client.list_tools()]
        result = await client.call_tool(tool, json.loads(args))
        print(json.dumps({"names": names, "text": result.content[0].text}))


asyncio.run(main())
