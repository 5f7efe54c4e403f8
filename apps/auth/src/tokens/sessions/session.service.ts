import { Injectable } from '@nestjs/common';
import { CredentialRevoked } from '#contracts/auth/credential-revoked.event';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { type SessionsOf, TokenRepository } from '../token.repository.js';
import type { Token } from '../token.entity.js';

const LISTED_MAX = 500;

/** Sessions: the log-ins of a user, and the clients that are signed in for them. Each is one of their tokens. */
@Injectable()
export class SessionService {
  constructor(
    private readonly tokens: TokenRepository,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** Those that are open, the newest first. */
  list(userEmail: string): Promise<readonly Token[]> {
    return this.tokens.listSessions({ userEmail: userEmail.toLowerCase() }, LISTED_MAX);
  }

  /** Throws `registry.unknown` for one that is not open, or not of the user. */
  async end(userEmail: string, id: string, endedBy: string): Promise<void> {
    const count = await this.endAll({ userEmail: userEmail.toLowerCase(), id }, endedBy);
    if (count === 0) throw fail('registry.unknown');
  }

  /**
   * Answers how many there were. Resolves once they are ended for good and the bus has taken the announcements; whoever
   * remembers them drops them as those arrive.
   */
  async endAll(of: SessionsOf, endedBy: string): Promise<number> {
    const ended = await this.tokens.endSessions(of, endedBy);
    for (const tokenId of ended) this.bus.publish(CredentialRevoked, { tokenId });
    await this.bus.flush();
    return ended.length;
  }
}
