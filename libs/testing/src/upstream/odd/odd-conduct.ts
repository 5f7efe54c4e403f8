type Message = Readonly<Record<string, unknown>>;

/** One way in which servers somewhere bend the rules, over whatever transport, and what is to come of a call all the same. */
export interface OddConduct {
  /** Continues "a server ...". */
  readonly what: string;
  /** Raw texts that are sent before or after the answer to a call. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** What it answers instead to a method: a result, or an error where it has a code. */
  readonly answers?: Readonly<Record<string, (params: Message) => object | null>>;
  /** Changes each answer before it is written, or the text of it. */
  readonly wrap?: (answer: Message) => Message;
  readonly text?: (answer: string) => string;
  /** The result has no content. */
  readonly empty?: boolean;
  /** The code of the error that a call gives, where it gives no result. */
  readonly code?: number;
}

const note = (method: string, params?: unknown): string => JSON.stringify({ jsonrpc: '2.0', method, params });
const hello = { name: 'hello', inputSchema: { type: 'object' } };
const said = { content: [{ type: 'text', text: 'hello' }] };
const paged = (nextCursor: unknown) => () => ({ tools: [hello], nextCursor });
const initialized = (members: object) => () => ({
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'odd', version: '1' },
  ...members,
});
const list = (method: string, answer: object | null) => ({ answers: { [method]: () => answer } });
const call = (result: object) => ({ answers: { 'tools/call': () => result } });
const FAILED = { code: -32603, message: 'no such list' };

/** Every one of them offers a tool `hello`, and prompts, resources and templates where its capabilities say so. */
export const ODD_CONDUCT: readonly OddConduct[] = [
  { what: 'answers with an error that is null beside the result', wrap: (answer) => ({ ...answer, error: null }) },
  { what: 'answers with ids as text', wrap: (answer) => ({ ...answer, id: String(answer['id']) }) },
  { what: 'answers with members of its own', wrap: (answer) => ({ ...answer, trace: 1, meta: null }) },
  { what: 'puts a byte order mark before each message', text: (answer) => `\uFEFF${answer}` },
  { what: 'puts white space around each message', text: (answer) => ` \t${answer} ` },
  { what: 'answers with an isError that is null', ...call({ ...said, isError: null }) },
  { what: 'answers with a _meta that is null', ...call({ ...said, _meta: null }) },
  { what: 'answers with structuredContent that is null', ...call({ ...said, structuredContent: null }) },
  { what: 'answers with members that nobody knows', ...call({ ...said, cost: { cents: 1 } }) },
  { what: 'answers a call with -32002', ...call({ code: -32_002, message: 'gone' }), code: -32_002 },
  { what: 'answers a call with an error of its own', ...call({ code: 4_711, message: 'mine' }), code: 4_711 },
  {
    what: 'answers a call with an error whose data is null',
    ...call({ code: -32_000, message: 'no', data: null }),
    code: -32_000,
  },
  { what: 'sends a notification whose params are a list', before: [note('notifications/message', [])] },
  { what: 'sends a notification whose params are null', before: [note('notifications/message', null)] },
  { what: 'sends a notification that nobody knows', before: [note('notifications/of/its/own', { a: 1 })] },
  {
    what: 'sends progress that nobody asked for',
    before: [note('notifications/progress', { progressToken: 'x', progress: 1 })],
  },
  {
    what: 'sends progress that is none',
    before: [note('notifications/progress', { progressToken: {}, progress: 'half' })],
  },
  { what: 'sends a log message without data', before: [note('notifications/message', { level: 'info' })] },
  {
    what: 'sends a log message of a level of its own',
    before: [note('notifications/message', { level: 'loud', data: 1 })],
  },
  { what: 'says in each call that its tools have changed', before: [note('notifications/tools/list_changed')] },
  { what: 'sends a number as a heartbeat', before: ['1'] },
  { what: 'sends text as a heartbeat', before: ['ok'] },
  { what: 'sends null', before: ['null'] },
  { what: 'sends an empty list', before: ['[]'] },
  { what: 'sends an empty object', before: ['{}'] },
  { what: 'sends JSON that is cut off', before: ['{"jsonrpc":"2.0","method":'] },
  { what: 'answers a request that was never made', before: ['{"jsonrpc":"2.0","id":987654,"result":{}}'] },
  {
    what: 'refuses a request that was never made',
    before: ['{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"?"}}'],
  },
  { what: 'pings within a call', before: ['{"jsonrpc":"2.0","id":"p1","method":"ping"}'] },
  {
    what: 'asks something that nobody knows within a call',
    before: ['{"jsonrpc":"2.0","id":"p1","method":"its/own"}'],
  },
  {
    what: 'asks something out of shape within a call',
    before: ['{"jsonrpc":"2.0","id":"p1","method":"elicitation/create","params":7}'],
  },
  { what: 'sends text after its answer', after: ['done'] },
  { what: 'logs after its answer', after: [note('notifications/message', { level: 'info', data: 'late' })] },
  { what: 'ends its list with a cursor that is empty', answers: { 'tools/list': paged('') } },
  { what: 'ends its list with a cursor that is null', answers: { 'tools/list': paged(null) } },
  { what: 'gives the same cursor again and again', answers: { 'tools/list': paged('again') } },
  { what: 'gives a cursor that is a number', answers: { 'tools/list': paged(7) } },
  {
    what: 'fails on its second page',
    answers: { 'tools/list': ({ cursor }) => (cursor === undefined ? { tools: [hello], nextCursor: 'next' } : FAILED) },
  },
  {
    what: 'lists its tools with a _meta that is null',
    ...list('tools/list', { tools: [hello], _meta: null, total: 1 }),
  },
  { what: 'lists an entry that is null', ...list('tools/list', { tools: [null, hello] }) },
  { what: 'lists its tool twice', ...list('tools/list', { tools: [hello, hello] }) },
  { what: 'lists prompts that are null', ...list('prompts/list', { prompts: null }) },
  { what: 'lists prompts that are text', ...list('prompts/list', { prompts: 'none' }) },
  { what: 'lists prompts without the list', ...list('prompts/list', {}) },
  { what: 'fails to list prompts', ...list('prompts/list', FAILED) },
  { what: 'lists resources that are null', ...list('resources/list', { resources: null }) },
  { what: 'fails to list resources', ...list('resources/list', { code: -32_600, message: 'not like this' }) },
  { what: 'knows no templates', ...list('resources/templates/list', { code: -32_601, message: 'unknown' }) },
  { what: 'has an error of its own for templates', ...list('resources/templates/list', { code: 1, message: '' }) },
  {
    what: 'has capabilities that are null',
    answers: { initialize: initialized({ capabilities: { tools: {}, prompts: null, logging: null } }) },
  },
  {
    what: 'has capabilities of its own',
    answers: { initialize: initialized({ capabilities: { tools: { listChanged: 'yes' }, magic: true } }) },
  },
  { what: 'has no capabilities', answers: { initialize: initialized({ capabilities: {} }) } },
  { what: 'has capabilities that are none', answers: { initialize: initialized({ capabilities: null }) } },
  { what: 'declares prompts alone', answers: { initialize: initialized({ capabilities: { prompts: {} } }) } },
  { what: 'declares tools by true', answers: { initialize: initialized({ capabilities: { tools: true } }) } },
  { what: 'has no serverInfo', answers: { initialize: initialized({ serverInfo: null }) } },
  { what: 'speaks 2024-10-07', answers: { initialize: initialized({ protocolVersion: '2024-10-07' }) } },
  { what: 'answers a call without content', ...call({ structuredContent: { a: 1 } }), empty: true },
  { what: 'answers a call with content that is null', ...call({ content: null }), empty: true },
  { what: 'has instructions that are null', answers: { initialize: initialized({ instructions: null, _meta: null }) } },
  { what: 'speaks 2024-11-05', answers: { initialize: initialized({ protocolVersion: '2024-11-05' }) } },
  { what: 'speaks 2025-03-26', answers: { initialize: initialized({ protocolVersion: '2025-03-26' }) } },
  {
    what: 'answers server/discover without 2026-07-28',
    answers: {
      'server/discover': () => ({
        supportedVersions: ['2025-11-25'],
        capabilities: { tools: {} },
        serverInfo: { name: 'odd', version: '1' },
      }),
    },
  },
  { what: 'answers server/discover with -32603', ...list('server/discover', { code: -32_603, message: 'cannot' }) },
  { what: 'answers server/discover with nothing', ...list('server/discover', {}) },
];
