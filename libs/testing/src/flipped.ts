/**
 * The same text but for one letter, which stands `fromEnd` letters before its end: another text each time, where letters
 * written over random ones are the same now and then. The last letters of base64 may hold no bit that counts.
 */
export const flipped = (text: string, fromEnd = 6): string => {
  const at = text.length - fromEnd;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
};
