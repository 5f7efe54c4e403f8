import { scanObject } from '../../json/byte-scan.js';
import { type CarriedJson, textOf } from '../../json/carried.js';
import { DEPTH_MAX } from '../../json/limits.js';
import { memberText, withMembers } from '../../json/members.js';

/** A definition without some members; untouched, byte for byte, when it has none of them. */
export const withoutMembers = (text: string, names: readonly string[]): string => {
  const present = names.filter((name) => text.includes(`"${name}"`));
  return present.length === 0 ? text : withMembers(text, Object.fromEntries(present.map((name) => [name, null])));
};

/**
 * Revisions before 2026-07-28 know output schemas of objects only: any other becomes the property `result` of one, as
 * `wrapStructuredContent` does with the value. References from its root follow. Where a value may be an object or not,
 * no schema would fit what is sent.
 */
export const wrapOutputSchema = (text: string): string => {
  if (!text.includes('"outputSchema"')) return text;
  const schema = memberText(text, 'outputSchema');
  if (schema === undefined) return text;
  if (!schema.startsWith('{')) return withMembers(text, { outputSchema: null });
  const type: unknown = JSON.parse(memberText(schema, 'type') ?? 'null');
  if (type === 'object') return text;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (types.some((one) => one === 'object' || typeof one !== 'string'))
    return withMembers(text, { outputSchema: null });
  const moved = schema.replace(/("\$ref"\s*:\s*"#)(?=["/])/g, '$1/properties/result');
  return withMembers(text, {
    outputSchema: `{"type":"object","properties":{"result":${moved}},"required":["result"]}`,
  });
};

export const wrapStructuredContent = (body: CarriedJson): CarriedJson => {
  if (!body.includes('"structuredContent"') || (typeof body !== 'string' && hasObject(body, 'structuredContent')))
    return body;
  const text = textOf(body);
  const value = memberText(text, 'structuredContent');
  return value === undefined || value.startsWith('{')
    ? body
    : withMembers(text, { structuredContent: `{"result":${value}}` });
};

const OPEN_BRACE = 123;

const hasObject = (body: Buffer, key: string): boolean => {
  const member = scanObject(body, DEPTH_MAX)?.members.find((one) => one.key === key);
  return member !== undefined && body[member.valueStart] === OPEN_BRACE;
};
