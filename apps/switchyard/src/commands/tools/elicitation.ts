import type { ElicitRequest, ElicitResult } from '@modelcontextprotocol/client';
import { askLine, askYes, isAtTerminal } from '../../terminal/ask.js';
import { UsageError } from '../../terminal/failure.js';
import { note } from '../../terminal/output.js';
import { printable } from '../../terminal/table.js';
import { valueOf } from './arguments.js';
import { type ArgumentSchema, typeOf } from './tool.js';

/** Answers what a tool asks for while it runs, by whoever sits at the terminal. Without one it is declined. */
export const elicitOnTerminal = async ({ params }: ElicitRequest): Promise<ElicitResult> => {
  note(printable(params.message));
  if (!isAtTerminal()) {
    note('There is no terminal to ask on: declined.');
    return { action: 'decline' };
  }
  if (params.mode === 'url') {
    note(`It asks you to open ${printable(params.url)}`);
    return { action: (await askYes('Done?', false)) ? 'accept' : 'decline' };
  }
  const { properties, required = [] } = params.requestedSchema;
  const content: Record<string, string | number | boolean | string[]> = {};
  for (const [key, schema] of Object.entries(properties)) {
    const value = await askFor(key, schema as ArgumentSchema, required.includes(key));
    if (value !== undefined) content[key] = value as string;
  }
  return (await askYes('Send it?', true)) ? { action: 'accept', content } : { action: 'decline' };
};

/** Asks again until it is what the schema wants; nothing is an answer where none is needed. */
const askFor = async (key: string, schema: ArgumentSchema, isNeeded: boolean): Promise<unknown> => {
  const about = schema.description === undefined ? '' : `, ${schema.description}`;
  for (;;) {
    const text = await askLine(printable(`${key} (${typeOf(schema)}${isNeeded ? '' : ', may be empty'}${about}): `));
    if (text === '' && !isNeeded) return undefined;
    try {
      return valueOf(key, text, schema);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      note(error.message);
    }
  }
};
