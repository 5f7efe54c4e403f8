import { askProblem, asObject } from '#libs/mcp';

const QUESTION_CHARS_MAX = 8_192;
const METHOD = 'elicitation/create';
const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string', title: 'Answer', minLength: 1 } },
  required: ['answer'],
};

/** Whether the user behind a client with these capabilities can be asked what an agent asks. */
export const canAskClient = (capabilities: Readonly<Record<string, unknown>>): boolean =>
  askProblem(METHOD, {}, capabilities) === null;

/**
 * An agent's question, as an elicitation of MCP.
 * https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
 */
export const questionOf = (text: string): { readonly method: string; readonly paramsText: string } => ({
  method: METHOD,
  paramsText: JSON.stringify({
    message: text === '' ? 'The agent asks for more' : text.slice(0, QUESTION_CHARS_MAX),
    requestedSchema: SCHEMA,
  }),
});

/** What the user answered; null: nothing. */
export const answerIn = (result: string): string | null => {
  const { action, content } = asObject(JSON.parse(result));
  const { answer } = asObject(content);
  return action === 'accept' && typeof answer === 'string' && answer !== '' ? answer : null;
};
