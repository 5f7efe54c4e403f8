import { GRPC_LIMITS } from '../limits.js';
import { type ProtoFile, refusedAt } from './parsed-proto.js';

/** What is in braces, with what is not a declaration of its own within. */
interface Body {
  /** Where it begins in the text. */
  readonly at: number;
  words: number;
}

/** Comments and strings, to their end; marks; words. Nothing is looked at twice. */
const TOKEN =
  /\/\/[^\n]*|\/\*(?:[\s\S]*?\*\/|[\s\S]*)|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|'[^'\\]*(?:\\[\s\S][^'\\]*)*'?|[{};]|[^\s{}=;:[\],'"()<>/]+/g;

const DECLARES: ReadonlySet<string | undefined> = new Set(['message', 'enum', 'service']);

/**
 * Throws `DescriptorsRefused` for what would hold its parser long: for a field that goes over all that its message has before it, for an
 * extension over all of its message, in whatever blocks they stand.
 */
export const checkLength = (file: ProtoFile): void => {
  const { protoBodyWordsMax, protoNameCharsMax } = GRPC_LIMITS;
  const refused = (at: number, reason: string) => refusedAt(file, file.content.slice(0, at).split('\n').length, reason);
  const outermost: Body = { at: 0, words: 0 };
  const extensions: Body = { at: 0, words: 0 };
  const bodies = [outermost, extensions];
  const around: Body[] = [];
  let body = outermost;
  let first: string | undefined;
  let words = 0;
  const end = (of: Body, at: number): void => {
    of.words += words;
    words = 0;
    first = undefined;
    if (of.words > protoBodyWordsMax)
      throw refused(of === extensions ? at : of.at, `it has more than ${protoBodyWordsMax} words in one block`);
  };
  for (const { 0: token, index } of file.content.matchAll(TOKEN)) {
    if (token === '{') {
      around.push(body);
      if (first === 'extend') body = extensions;
      else if (DECLARES.has(first)) bodies.push((body = { at: index, words: 0 }));
      end(body, index);
    } else if (token === ';' || token === '}') {
      end(body, index);
      if (token === '}') body = around.pop() ?? outermost;
    } else if (!/^["'/]/.test(token)) {
      if (token.length > protoNameCharsMax)
        throw refused(index, `a word has more than ${protoNameCharsMax} characters`);
      first ??= token;
      words++;
    }
  }
  end(body, file.content.length);
  const steps = bodies.reduce((sum, each) => sum + each.words ** 2, 0);
  if (steps > protoBodyWordsMax ** 2)
    throw refusedAt(
      file,
      undefined,
      'its messages are too long together: divide the file, or hand over a descriptor set',
    );
};
