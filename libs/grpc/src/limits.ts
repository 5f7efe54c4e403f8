/** How much a server may say of itself, and send. */
export const GRPC_LIMITS = {
  /** Of all descriptors together. */
  descriptorBytesMax: 8 * 1_048_576,
  filesMax: 1_024,
  /** Of `.proto` files that are handed over together. */
  protoBytesMax: 1_048_576,
  protoFilesMax: 256,
  /** Of one message, enum or service, and of all extensions of a file: some 1,500 fields. What it takes to read them grows by the square. */
  protoBodyWordsMax: 5_000,
  /** Of a name with all that it stands in. */
  protoNameCharsMax: 512,
  protoNamePartsMax: 32,
  /** Of all answers of reflection, in which the same files come again and again. */
  reflectedBytesMax: 64 * 1_048_576,
  servicesMax: 500,
  methodsMax: 2_000,
  /** What clients of gRPC take unless told otherwise: a message may become JSON of many times its length. */
  messageBytesMax: 4 * 1_048_576,
  /** Of one answer. */
  streamMessagesMax: 1_000,
} as const;
