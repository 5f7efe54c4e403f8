import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { Starting } from '#libs/service';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { PasswordHasher } from './password.js';
import { weaknessOfPassword } from './password-policy.js';
import { UserRepository } from './user.repository.js';

/** Creates the platform's administrator at the first start. Any number of replicas may do so at once. */
@Injectable()
export class PlatformAdmin {
  constructor(
    @InjectAuthSettings() private readonly settings: AuthSettings,
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly starting: Starting,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onModuleInit(): Promise<void> {
    return this.starting.untilDone(() => this.ensure());
  }

  private async ensure(): Promise<void> {
    const { email, password } = this.settings.platformAdmin;
    // Only where there has never been such a user: one that was removed, or is no administrator any more, stays so.
    if (await this.users.addFirst({ email, fullName: 'Platform administrator', isAdmin: true })) {
      this.logger.info({ principal: email }, 'the platform administrator was created');
    }
    const { first } = this.settings.login;
    if (first !== null && (await this.users.lacksPassword(first.email))) {
      const weakness = await weaknessOfPassword(first.password, first.email);
      if (weakness !== null) throw fail('config.invalid', { message: `PLATFORM_ADMIN_FIRST_PASSWORD ${weakness}` });
    }
    // It is taken over once, so it is judged and hashed, which is costly, only where it will be used.
    if (password !== null && (await this.users.lacksPassword(email))) {
      const weakness = await weaknessOfPassword(password, email);
      if (weakness !== null) throw fail('config.invalid', { message: `PLATFORM_ADMIN_PASSWORD ${weakness}` });
      await this.users.adoptPassword(email, await this.passwords.hash(password));
      this.logger.info({ principal: email }, 'the platform administrator may log in by password');
    }
  }
}
