// An MCP server in one file, with nothing to install: two tools about time, over Streamable HTTP without sessions.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
import { createServer } from 'node:http';

const BODY_BYTES_MAX = 65_536;
const zone = (description) => ({ type: 'string', description, maxLength: 64 });

const tools = [
  {
    name: 'convert_time',
    description: 'Says what time it is in one time zone when it is a given time of today in another.',
    inputSchema: {
      type: 'object',
      properties: {
        source_timezone: zone('IANA name, such as Europe/Berlin'),
        target_timezone: zone('IANA name, such as Europe/Dublin'),
        time: { type: 'string', description: 'HH:MM', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' },
      },
      required: ['source_timezone', 'target_timezone', 'time'],
    },
    run: ({ source_timezone: from, target_timezone: to, time }) => {
      if (!/^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(time)) throw new RangeError('time is not HH:MM');
      const [hours, minutes] = time.split(':').map(Number);
      const minute = (((hours * 60 + minutes + offsetOf(to) - offsetOf(from)) % 1_440) + 1_440) % 1_440;
      return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    },
  },
  {
    name: 'get_current_time',
    description: 'Says what time it is in a time zone.',
    inputSchema: { type: 'object', properties: { timezone: zone('IANA name') }, required: ['timezone'] },
    run: ({ timezone }) => new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, timeStyle: 'short' }).format(),
  },
];

/** Minutes east of Greenwich, now. */
const offsetOf = (timeZone) => {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts();
  const [, sign, hours, minutes] =
    /GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName').value) ?? [];
  return sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
};

const call = ({ name, arguments: given = {} }) => {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) return { error: { code: -32602, message: `there is no tool ${name}` } };
  try {
    return { result: { content: [{ type: 'text', text: tool.run(given) }] } };
  } catch (error) {
    return { result: { content: [{ type: 'text', text: error.message }], isError: true } };
  }
};

const answer = ({ method, params = {} }) => {
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'sample', version: '1.0.0' };
      return { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } };
    }
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return {
        result: { tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })) },
      };
    case 'tools/call':
      return call(params);
    default:
      return { error: { code: -32601, message: 'there is no such method' } };
  }
};

const send = (response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));

createServer((request, response) => {
  if (request.url === '/health') return send(response, 200, { status: 'healthy' });
  if (request.url !== '/mcp') return send(response, 404);
  if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end();
  let text = '';
  request.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) request.destroy();
  });
  request.on('end', () => {
    try {
      const message = JSON.parse(text);
      if (message.id === undefined) return send(response, 202);
      send(response, 200, { jsonrpc: '2.0', id: message.id, ...answer(message) });
    } catch {
      send(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'this is no JSON-RPC' } });
    }
  });
}).listen(Number(process.env.PORT ?? 8080), process.env.HOST);
