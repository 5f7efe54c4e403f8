const CHARS_MIN = 12;
const CHARS_MAX = 256;
const DISTINCT_CHARS_MIN = 5;
const COMMON =
  /^(password|changeme|admin|administrator|welcome|letmein|qwerty|secret|default|platform|switchyard)[\W_\d]*$/i;

/** Why this cannot be a password, or `null` when it can. Never repeats it. */
export const weaknessOfPassword = (password: string, email: string): string | null => {
  if (password.length < CHARS_MIN) return `is shorter than ${CHARS_MIN} characters`;
  if (password.length > CHARS_MAX) return `is longer than ${CHARS_MAX} characters`;
  if (new Set(password).size < DISTINCT_CHARS_MIN) return 'repeats too few characters';
  if (COMMON.test(password) || password.toLowerCase().includes(email.toLowerCase())) return 'is easy to guess';
  return null;
};
