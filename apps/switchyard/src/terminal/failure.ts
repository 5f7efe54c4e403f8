/** What a command ends with, so that a script can ask. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

/** Why a command ends: a sentence for whoever typed it, with the next step where there is one. */
export class CommandFailure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** A command line that cannot be carried out as it stands. */
export class UsageError extends CommandFailure {
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** Nobody answers, or there is nobody to ask. */
export class Unreachable extends CommandFailure {
  constructor(message: string, cause?: unknown) {
    super(message, EXIT.unreachable, cause);
  }
}

/** The gateway was asked and says no. */
export class Refused extends CommandFailure {
  constructor(message: string) {
    super(message, EXIT.refused);
  }
}
