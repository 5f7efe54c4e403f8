import { parseArgs } from 'node:util';
import { fail } from '#libs/errors';
import { parseEmail } from './email.js';
import { weaknessOfPassword } from './password-policy.js';
import type { PasswordHasher } from './password.js';
import type { UserRepository } from './user.repository.js';

/** What the command needs of the database, until it closes it. */
interface UserStore {
  readonly users: UserRepository;
  readonly passwords: PasswordHasher;
  close(): Promise<void>;
}

/** Answers the line to print. A password is never taken from the command line, where others could read it. */
export const createUser = async (
  args: readonly string[],
  open: () => Promise<UserStore>,
  readStdin: () => Promise<string>,
): Promise<string> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string' },
      admin: { type: 'boolean', default: false },
      'password-stdin': { type: 'boolean', default: false },
    },
  });
  const email = parseEmail(values.user);
  const password = values['password-stdin'] ? ((await readStdin()).split('\n', 1)[0] ?? '') : null;
  const weakness = password === null ? null : weaknessOfPassword(password, email);
  if (weakness !== null) throw fail('config.invalid', { message: `The password ${weakness}` });
  const store = await open();
  try {
    const passwordHash = password === null ? null : await store.passwords.hash(password);
    if (!(await store.users.add({ email, isAdmin: values.admin, passwordHash }))) {
      throw fail('http.conflict', { message: `${email} exists already` });
    }
    return `created ${email}`;
  } finally {
    await store.close();
  }
};
