import { asObject, isObject } from '#libs/mcp';
import type { Part } from '../protocol/parts.js';

type Json = Readonly<Record<string, unknown>>;

/** What a tool asks before it goes on: `inputRequests` of MCP, by their keys. */
export type Questions = Readonly<Record<string, unknown>>;

/** The questions in words, and as data: what may be answered, by which key. */
export const questionParts = (questions: Questions): Part[] => {
  const all = Object.entries(questions).map(([key, asked]) => ({ key, ...asObject(asObject(asked).params) }) as Json);
  const words = all.map(({ message, url }) => [message, url].filter((each) => typeof each === 'string').join(' '));
  const forms = all.map(({ key, requestedSchema, url }) => ({
    key,
    ...(isObject(requestedSchema) && { schema: requestedSchema }),
    ...(url !== undefined && { url }),
  }));
  return [
    { kind: 'text', text: words.join('\n') },
    { kind: 'data', data: { questions: forms } },
  ];
};

/**
 * The answers in a message, as `inputResponses` of MCP; null: it answers none of the questions. Data is the content of the form, or has it by
 * the keys of the questions where there are several; `{"action": "decline"}` declines. Text is the answer where a form has one text alone.
 */
export const answersIn = (parts: readonly Part[], questions: Questions): Readonly<Record<string, unknown>> | null => {
  const data = parts.find((part) => part.kind === 'data')?.data;
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n');
  const keys = Object.keys(questions);
  const answers = keys.map((key) => {
    const ownData = keys.length === 1 ? data : asObject(data)[key];
    return [key, answerOf(asObject(asObject(questions[key]).params), ownData, keys.length === 1 ? text : '')] as const;
  });
  if (answers.some(([, answer]) => answer === null)) return null;
  return Object.fromEntries(answers);
};

const answerOf = ({ mode, requestedSchema }: Json, data: unknown, text: string): Json | null => {
  if (isObject(data)) {
    const isBare = Object.keys(data).length === 1 && (data.action === 'decline' || data.action === 'cancel');
    return isBare ? { action: data.action } : { action: 'accept', content: data };
  }
  if (text === '') return null;
  if (mode === 'url') return { action: 'accept' };
  const properties = Object.entries(asObject(asObject(requestedSchema).properties));
  const [only] = properties;
  if (properties.length !== 1 || only === undefined || asObject(only[1]).type !== 'string') return null;
  return { action: 'accept', content: { [only[0]]: text } };
};
