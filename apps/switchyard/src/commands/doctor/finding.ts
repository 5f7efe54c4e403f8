/** What was looked at, how it is, and what to do where it is not well. */
export interface Finding {
  readonly what: string;
  /** `warn`: it works, or works without. */
  readonly state: 'ok' | 'warn' | 'bad';
  readonly words: string;
  readonly fix?: string;
}

export const ok = (what: string, words: string): Finding => ({ what, state: 'ok', words });
export const warn = (what: string, words: string, fix: string): Finding => ({ what, state: 'warn', words, fix });
export const bad = (what: string, words: string, fix: string): Finding => ({ what, state: 'bad', words, fix });

/** What a system call failed with, in a word: `ECONNREFUSED`. */
export const codeOf = (error: unknown): string => {
  const { code, message, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  return code ?? cause?.code ?? message ?? String(error);
};
