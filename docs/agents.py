"""Calls the tools of 'search mcp' with the client of the Python package mcp.

    python agents.py search mcp COLLECTION
    python agents.py http://127.0.0.1:8080/mcp
"""

import asyncio
import re
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def connect(where):
    if where[0].startswith("http"):
        from mcp.client.streamable_http import streamable_http_client

        return streamable_http_client(where[0])
    return stdio_client(StdioServerParameters(command=where[0], args=where[1:]))


async def main(where):
    async with connect(where) as streams, ClientSession(*streams[:2]) as session:
        about = await session.initialize()
        print(about.server_info.name, about.server_info.version, about.protocol_version)
        tools = (await session.list_tools()).tools
        assert sorted(t.name for t in tools) == ["read", "search", "similar", "sources"], tools
        assert all(t.annotations.read_only_hint for t in tools)

        async def call(name, **arguments):
            # The client checks the result against the schema of the tool.
            r = await session.call_tool(name, arguments)
            assert not r.is_error, r.content[0].text
            assert len(r.content[0].text.encode()) <= 32768
            return r.content[0].text, r.structured_content

        _, sources = await call("sources")
        name = sources["collections"][0]["name"]
        print("collections:", ", ".join(c["name"] for c in sources["collections"]))
        text, found = await call("search", query="who was the first, and when", collection=name, k=3)
        print(text)
        first = found["results"][0]
        nonce = re.search(r"BEGIN ([0-9a-f]{16})", text).group(1)
        assert text.count(f"\nBEGIN {nonce}\n") == text.count(f"\nEND {nonce}\n") == len(found["results"])
        _, read = await call("read", label=first["label"], collection=name)
        assert any(p["label"] == first["label"] and p["asked"] for p in read["passages"] if "asked" in p)
        _, near = await call("similar", label=first["label"], collection=name, k=3)
        assert all(p["label"] != first["label"] for p in near["results"])
        bad = await session.call_tool("search", {"query": "x", "collection": name, "k": 1000})
        assert bad.is_error and "k must be from 1 to 50" in bad.content[0].text, bad
        bad = await session.call_tool("read", {"path": "../../etc/passwd", "collection": name})
        assert bad.is_error, bad
        print("all calls were answered as they should be")


asyncio.run(main(sys.argv[1:]))
