// An MCP server on stdio with two tools, in one file: what a gateway can stand in front of.
// https://modelcontextprotocol.io/specification/2026-07-28/server/tools
import { McpServer, fromJsonSchema } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const notes = new Map([['welcome', 'This note is in the memory of examples/upstream.mjs.']]);
const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** An object with these members, all of them strings. */
const strings = (...names) =>
  fromJsonSchema({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string', maxLength: 10_000 }])),
    required: names,
  });

const build = () => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool(
    'read_note',
    { description: 'Reads a note by its name.', inputSchema: strings('name') },
    async ({ name }) =>
      notes.has(name) ? text(notes.get(name)) : { ...text(`There is no note "${name}"`), isError: true },
  );
  server.registerTool(
    'write_note',
    { description: 'Keeps a note under a name.', inputSchema: strings('name', 'note') },
    async ({ name, note }) => {
      notes.set(name, note);
      return text(`kept "${name}"`);
    },
  );
  return server;
};

// Both eras: a client of 2026-07-28 needs no session, an older one begins with `initialize`.
serveStdio(build);
