// What the conformance suite starts as the client that it tests: tells the test what is wanted, and ends when it is done.
const [desk, url] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO, MCP_CONFORMANCE_PROTOCOL_VERSION, MCP_CONFORMANCE_CONTEXT } = process.env;

await fetch(desk, {
  method: 'POST',
  body: JSON.stringify({
    scenario: MCP_CONFORMANCE_SCENARIO,
    specVersion: MCP_CONFORMANCE_PROTOCOL_VERSION,
    url,
    context: JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}'),
  }),
});
