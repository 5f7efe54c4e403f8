const CHARS_MIN = 12;
const CHARS_MAX = 256;
/** Beyond, a password gains nothing that attackers would notice, and its judgement takes long. */
const CHARS_JUDGED = 64;
/** Of 0 to 4; below, an attacker who has the hash needs fewer than 10^8 guesses. */
const SCORE_MIN = 3;

/** Why this cannot be a password, or `null` when it can. Never repeats it. */
export const weaknessOfPassword = async (password: string, email: string): Promise<string | null> => {
  if (password.length < CHARS_MIN) return `is shorter than ${CHARS_MIN} characters`;
  if (password.length > CHARS_MAX) return `is longer than ${CHARS_MAX} characters`;
  if (password.toLowerCase().includes(email.toLowerCase())) return 'is easy to guess: it holds the e-mail address';
  const { score } = (await judge()).check(password, [...email.toLowerCase().split(/[@.]/), 'switchyard']);
  return score >= SCORE_MIN ? null : 'is easy to guess';
};

/** Loaded when a password is set for the first time: its lists take half a second and some 70 MB. */
const judge = async () => (judging ??= load());
let judging: ReturnType<typeof load> | undefined;

const load = async () => {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: CHARS_JUDGED });
};
