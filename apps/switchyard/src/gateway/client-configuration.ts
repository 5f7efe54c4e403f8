/** What a client's `mcp.json` needs to reach the gateway. */
export const clientConfiguration = (url: string, token: string): string =>
  JSON.stringify(
    { mcpServers: { switchyard: { type: 'http', url: `${url}/mcp`, headers: { Authorization: `Bearer ${token}` } } } },
    null,
    2,
  );
