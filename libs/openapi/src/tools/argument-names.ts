import { createHash } from 'node:crypto';
import type { Parameter, ParameterPlace } from '../document/document.js';

/** The argument that holds the body of a request. */
export const BODY = 'body';

const CHARS_MAX = 64;
/** Who keeps a plain name where two want it. */
const ORDER: readonly ParameterPlace[] = ['path', 'query', 'querystring', 'header', 'cookie'];
/** Names that mean something to objects of JavaScript, here or at a client. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

/** Letters, digits, `_`, `.`, `-`: one other character makes some models' APIs refuse the whole list of tools. */
const cleaned = (name: string): string => {
  const plain = name.replaceAll(/[^A-Za-z0-9_.-]+/g, '_');
  const free = RESERVED.has(plain) ? `${plain}_` : plain;
  if (free.length <= CHARS_MAX) return free;
  return `${free.slice(0, CHARS_MAX - 9)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
};

/** The argument for each parameter; one whose name is taken has its place appended. */
export const argumentNames = (parameters: readonly Parameter[], hasBody: boolean): Map<Parameter, string> => {
  const taken = new Set<string>(hasBody ? [BODY] : []);
  const names = new Map<Parameter, string>();
  for (const place of ORDER) {
    for (const parameter of parameters) {
      if (parameter.in !== place) continue;
      const plain = cleaned(parameter.name);
      let name = taken.has(plain) ? cleaned(`${plain}_${place}`) : plain;
      for (let count = 2; taken.has(name); count++) name = cleaned(`${plain}_${place}_${count}`);
      taken.add(name);
      names.set(parameter, name);
    }
  }
  return names;
};
