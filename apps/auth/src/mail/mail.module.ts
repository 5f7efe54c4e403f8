import { Module } from '@nestjs/common';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { FileMail } from './file-mail.js';
import { MAIL, type Mail } from './mail.js';
import { SmtpMail } from './smtp-mail.js';

/** Messages to people. */
@Module({
  providers: [
    {
      provide: MAIL,
      inject: [AUTH_SETTINGS],
      useFactory: ({ mail }: AuthSettings): Mail | null => {
        if (mail === null) return null;
        return 'folder' in mail ? new FileMail(mail.folder, mail.sender) : new SmtpMail(mail.smtp, mail.sender);
      },
    },
  ],
  exports: [MAIL],
})
export class MailModule {}
