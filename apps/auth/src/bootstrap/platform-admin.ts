import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { PasswordHasher } from '../credential/password.js';
import { weaknessOfPassword } from '../credential/password-policy.js';
import { UserRepository } from '../storage/user.repository.js';

/** Who the platform's administrator is to be. */
export class PlatformAdminSettings {
  constructor(
    readonly email: string,
    readonly password: string | null,
  ) {}
}

/** Sees to it that there is an administrator. Any number of replicas may do so at once. */
@Injectable()
export class PlatformAdmin {
  constructor(
    private readonly settings: PlatformAdminSettings,
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const email = this.settings.email.toLowerCase();
    const { password } = this.settings;
    const weakness = password === null ? null : weaknessOfPassword(password, email);
    if (weakness !== null) throw fail('config.invalid', { message: `PLATFORM_ADMIN_PASSWORD ${weakness}` });

    // Only where there has never been such a user: one that was removed, or is no administrator any more, stays so.
    if (await this.users.addFirst({ email, fullName: 'Platform administrator', isAdmin: true })) {
      this.logger.info({ email }, 'the platform administrator was created');
    }
    // The hash is costly, so it is made only where it will be used.
    if (password !== null && (await this.users.lacksPassword(email))) {
      await this.users.adoptPassword(email, await this.passwords.hash(password));
      this.logger.info({ email }, 'the platform administrator may log in by password');
    }
  }
}
