import { CLOSE_BRACKET, COMMA, skipSpace, skipValue } from './scan.js';

/** The texts of an array's elements, in order. Expects text that `JSON.parse` accepts. */
export const elementsOf = (text: string): string[] => {
  const elements: string[] = [];
  let at = skipSpace(text, text.indexOf('[') + 1);
  while (at < text.length && text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  return elements;
};
