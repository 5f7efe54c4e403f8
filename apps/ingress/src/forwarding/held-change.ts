import { type CarriedJson, type RpcError, isObject, memberText, textOf, withMembers } from '#libs/mcp';
import type { RoutedCall } from '../call/index.js';

const NOTES = {
  pending:
    'The upstream has changed the definition of this tool, and the change is pending approval. Until then the tool is offered as it was approved last; the upstream may not take these arguments any more.',
  kept: 'The upstream has changed the definition of this tool, and the change was not approved. The tool is offered as it was before; the upstream may not take these arguments any more.',
} as const;

type Held = Pick<RoutedCall, 'heldChange'>;

/** The error of a call, with a word on a change of its tool that is held back. */
export const errorOfHeld = ({ heldChange }: Held, error: RpcError): RpcError =>
  heldChange === null ? error : { ...error, message: `${error.message} (${NOTES[heldChange]})` };

/** A result that says that the tool failed, with the same word as the last of its contents; any other as it came. */
export const resultOfHeld = ({ heldChange }: Held, body: CarriedJson): CarriedJson => {
  if (heldChange === null) return body;
  const text = textOf(body);
  const result: unknown = JSON.parse(text);
  if (!isObject(result) || result['isError'] !== true || !Array.isArray(result['content'])) return body;
  const contents = memberText(text, 'content') as string;
  const note = JSON.stringify({ type: 'text', text: NOTES[heldChange] });
  const separator = result['content'].length === 0 ? '' : ',';
  return withMembers(text, { content: `${contents.slice(0, contents.lastIndexOf(']'))}${separator}${note}]` });
};
