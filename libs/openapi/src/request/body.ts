import { randomUUID } from 'node:crypto';
import { isJsonType } from '../document/media-type.js';
import type { BodyBinding, PropertyBinding } from './binding.js';
import { ArgumentsRefused, encodeReserved, encodeStrictly, hasParts, scalarText } from './encode.js';
import { nestedPairs, type Pair, styledPairs } from './styles.js';

export interface RequestBody {
  readonly mediaType: string;
  readonly bytes: string | Uint8Array;
}

/** The body in the form that its binding says. Throws `ArgumentsRefused` where the value does not fit that form. */
export const bodyOf = (binding: BodyBinding, value: unknown): RequestBody => {
  const { form, mediaType } = binding;
  if (form === 'json') return { mediaType, bytes: JSON.stringify(value) };
  if (form === 'urlencoded') return { mediaType, bytes: urlencoded(binding, value) };
  if (form === 'multipart') return multipart(binding, value);
  if (typeof value !== 'string') throw new ArgumentsRefused(`"${nameOf(binding)}" is not a string`);
  return { mediaType, bytes: form === 'text' ? value : bytesOf(nameOf(binding), value) };
};

const nameOf = ({ argument }: BodyBinding): string => argument ?? 'body';

const entriesOf = (binding: BodyBinding, value: unknown): [string, unknown][] => {
  if (hasParts(value) && !Array.isArray(value)) return Object.entries(value);
  throw new ArgumentsRefused(`"${nameOf(binding)}" is not an object`);
};

const propertyOf = ({ properties }: BodyBinding, name: string): PropertyBinding =>
  (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? {};

/** https://url.spec.whatwg.org/#application/x-www-form-urlencoded */
const urlencoded = (binding: BodyBinding, value: unknown): string =>
  entriesOf(binding, value)
    .flatMap(([name, part]) => formPairs(name, part, propertyOf(binding, name)))
    .map(([name, text]) => `${name}=${text}`.replaceAll('%20', '+'))
    .join('&');

/** Without a style of its own a list of plain values repeats its name, and what is nested is written as `a[0][b]`. */
const formPairs = (name: string, value: unknown, property: PropertyBinding): Pair[] => {
  const { style, explode, allowReserved, contentType } = property;
  if (style !== undefined || explode !== undefined) {
    const chosen = style ?? 'form';
    return styledPairs(name, value, {
      style: chosen,
      explode: explode ?? chosen === 'form',
      ...(allowReserved && { allowReserved }),
    });
  }
  if (hasParts(value) && contentType !== undefined && isJsonType(contentType)) {
    return [[encodeStrictly(name), encodeStrictly(JSON.stringify(value))]];
  }
  const isFlatList = Array.isArray(value) && !value.some(hasParts);
  if (isFlatList) return styledPairs(name, value, { style: 'form', explode: true });
  return nestedPairs(encodeStrictly(name), value, allowReserved ? encodeReserved : encodeStrictly);
};

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly contentType?: string;
  readonly bytes: Uint8Array;
}

/** https://www.rfc-editor.org/rfc/rfc7578 */
const multipart = (binding: BodyBinding, value: unknown): RequestBody => {
  const parts = entriesOf(binding, value).flatMap(([name, part]) => {
    const property = propertyOf(binding, name);
    if (property.isBinary && part === null) return [];
    const items = Array.isArray(part) && (property.isBinary || !isJsonPart(property)) ? (part as unknown[]) : [part];
    return items.map((item) => partOf(name, item, property));
  });
  const boundary = `switchyard-${randomUUID()}`;
  const chunks: Uint8Array[] = [];
  for (const { name, filename, contentType, bytes } of parts) {
    const file = filename === undefined ? '' : `; filename="${quoted(filename)}"`;
    const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}${type}\r\n\r\n`;
    chunks.push(Buffer.from(head), bytes, Buffer.from('\r\n'));
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return { mediaType: `${binding.mediaType}; boundary=${boundary}`, bytes: Buffer.concat(chunks) };
};

const isJsonPart = ({ contentType }: PropertyBinding): boolean => contentType !== undefined && isJsonType(contentType);

/** As browsers do it: what would end the name becomes percent form. */
const quoted = (name: string): string => name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');

const partOf = (name: string, value: unknown, property: PropertyBinding): Part => {
  const contentType = firstType(property.contentType);
  if (property.isBinary) {
    if (typeof value !== 'string') throw new ArgumentsRefused(`"${name}" is not base64 text`);
    return {
      name,
      filename: name,
      contentType: contentType ?? 'application/octet-stream',
      bytes: bytesOf(name, value),
    };
  }
  if (hasParts(value) || isJsonPart(property)) {
    return { name, contentType: contentType ?? 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
  }
  return { name, ...(contentType !== undefined && { contentType }), bytes: Buffer.from(scalarText(value)) };
};

/** Of several the first; a range is no type that can be sent. */
const firstType = (contentType: string | undefined): string | undefined => {
  const first = contentType?.split(',', 1)[0]?.trim();
  return first === undefined || first === '' || first.includes('*') || /[^\t\u0020-\u007e]/.test(first)
    ? undefined
    : first;
};

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Both alphabets of base64, with or without padding. */
const bytesOf = (name: string, text: string): Uint8Array => {
  const packed = text.replaceAll(/[\r\n]/g, '');
  const digits = packed.replace(/=+$/, '');
  if (!BASE64.test(packed) || digits.length % 4 === 1) throw new ArgumentsRefused(`"${name}" is not valid base64`);
  return Buffer.from(digits.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
};
