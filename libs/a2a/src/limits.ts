/** How much an agent may say of itself, and be told at once. */
export const A2A_LIMITS = {
  cardBytesMax: 1_048_576,
  /** Of its description and its skills, as clients are shown them. */
  descriptionCharsMax: 8_192,
  skillsShownMax: 50,
  /** Parts of one message or artifact. */
  partsMax: 1_000,
  artifactsMax: 1_000,
  filesMax: 16,
  idCharsMax: 256,
  /** The same with the signature that callers have it with. */
  signedIdCharsMax: 279,
  /** How deep what it sends may nest. */
  depthMax: 64,
} as const;
