import { fail } from '#libs/errors';
import type { AuthSettings } from '../auth.settings.js';
import type { JwtService } from '../jwt/jwt.service.js';
import type { UserRepository } from '../users/user.repository.js';
import { signConsoleLink } from './console-link.js';

/** What the command needs of the database, until it closes it. */
interface LinkStore {
  readonly users: UserRepository;
  readonly settings: Pick<AuthSettings, 'platformAdmin'>;
  jwt(): Promise<JwtService>;
  close(): Promise<void>;
}

/** Long enough to start a browser. */
const LIFE_MS = 60_000;

/** Answers the code of a link that opens the console for the user: of no address, the platform's administrator. */
export const createConsoleLink = async (
  address: string | undefined,
  open: () => Promise<LinkStore>,
): Promise<string> => {
  const store = await open();
  try {
    const email = (address ?? store.settings.platformAdmin.email).toLowerCase();
    const user = await store.users.find(email);
    if (user === null || !user.isActive)
      throw fail('http.conflict', { message: `There is no active user ${email}: see "switchyard user create"` });
    return await signConsoleLink(await store.jwt(), email, LIFE_MS);
  } finally {
    await store.close();
  }
};
