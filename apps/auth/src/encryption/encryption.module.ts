import { Module } from '@nestjs/common';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { KeyRing, keyRingOf } from './key-ring.js';
import { SubjectTokens } from './subject-tokens.js';

/** The keys by which auth encrypts what it keeps, and what others carry for it. */
@Module({
  providers: [
    {
      provide: KeyRing,
      inject: [AUTH_SETTINGS],
      useFactory: ({ encryption }: AuthSettings) => keyRingOf(encryption),
    },
    SubjectTokens,
  ],
  exports: [KeyRing, SubjectTokens],
})
export class EncryptionModule {}
