import type { Operation } from '../document/document.js';

/** Hints to a client. https://modelcontextprotocol.io/specification/2025-06-18/schema#toolannotations */
export interface ToolAnnotations {
  readonly title?: string;
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
}

/** Methods that change nothing. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);
const IDEMPOTENT = new Set([...SAFE, 'PUT', 'DELETE']);

/** May a request be repeated without asking whether the first one arrived? */
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method);

/** What the method says, unless somebody knows better: some APIs read with POST. */
export const annotationsOf = (
  { method, summary }: Pick<Operation, 'method' | 'summary'>,
  isReadOnly = SAFE.has(method),
): ToolAnnotations => ({
  ...(summary !== undefined && { title: summary }),
  readOnlyHint: isReadOnly,
  destructiveHint: !isReadOnly,
  idempotentHint: isReadOnly || IDEMPOTENT.has(method),
});

/** Summary and description in one text, else method and path. */
export const descriptionOf = (operation: Operation, charsMax: number): string => {
  const { summary, description, key, deprecated } = operation;
  const isRepeated = summary !== undefined && description?.startsWith(summary) === true;
  const parts = [isRepeated ? undefined : summary, description].filter((part) => part !== undefined);
  const text = `${deprecated ? 'Deprecated. ' : ''}${parts.length === 0 ? key : parts.join('\n\n')}`;
  return text.length > charsMax ? `${text.slice(0, charsMax - 1).trimEnd()}…` : text;
};
