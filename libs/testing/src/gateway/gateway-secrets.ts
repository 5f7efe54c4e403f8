import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

const ADMIN_EMAIL = 'admin@example.com';

/** The secrets a gateway is started with, and tokens made with them from outside, as an operator's own tooling would. */
export class GatewaySecrets {
  private readonly encryption = randomBytes(48).toString('base64url');

  constructor(private readonly signing = randomBytes(48).toString('base64url')) {}

  get environment(): Record<string, string> {
    return {
      JWT_SECRET_KEY: this.signing,
      AUTH_ENCRYPTION_SECRET: this.encryption,
      PLATFORM_ADMIN_EMAIL: ADMIN_EMAIL,
    };
  }

  adminToken(): Promise<string> {
    return this.token({ email: ADMIN_EMAIL, isAdmin: true });
  }

  token({
    email,
    isAdmin = false,
    teams = [],
    lasts = '1h',
  }: {
    email: string;
    isAdmin?: boolean;
    teams?: readonly string[];
    lasts?: string;
  }): Promise<string> {
    const user = { email, full_name: email, is_admin: isAdmin, auth_provider: 'local' };
    return new SignJWT({ user, is_admin: isAdmin, teams: isAdmin ? null : teams, token_use: 'api' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(email)
      .setJti(randomUUID())
      .setIssuer('mcpgateway')
      .setAudience('mcpgateway-api')
      .setIssuedAt()
      .setExpirationTime(lasts)
      .sign(new TextEncoder().encode(this.signing));
  }
}
