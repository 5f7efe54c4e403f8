const CALLERS = 16;

export interface Load {
  /** What calls were answered. */
  readonly answers: readonly string[];
  readonly failures: readonly { readonly executed?: string }[];
  end(): Promise<void>;
}

/** Callers that call one after the other's answer, sixteen at once. */
export const startLoad = (call: () => Promise<string>): Load => {
  const answers: string[] = [];
  const failures: { executed?: string }[] = [];
  const ending = new AbortController();
  const caller = async (): Promise<void> => {
    while (!ending.signal.aborted)
      await call().then(
        (answer) => void answers.push(answer),
        (error: { executed?: string }) => void failures.push(error),
      );
  };
  const load = Promise.all(Array.from({ length: CALLERS }, caller));
  return {
    answers,
    failures,
    end: async () => {
      ending.abort();
      await load;
    },
  };
};
