import { ApiProperty } from '@nestjs/swagger';
import type { PlatformConfig } from '#libs/service';
import type { AuthSettings } from '../auth.settings.js';

const FLAG = { type: Boolean, example: true } as const;

export class SecurityChecksView {
  @ApiProperty({ ...FLAG, description: 'MCP clients must present a token.' })
  readonly authentication_required!: boolean;

  @ApiProperty({ ...FLAG, description: 'A token counts only while its user is known here.' })
  readonly known_users_only!: boolean;

  @ApiProperty({ ...FLAG, description: 'REST answers carry headers for browsers.' })
  readonly security_headers!: boolean;

  @ApiProperty({ ...FLAG, description: 'Only pages of named origins and of loopback may call.' })
  readonly origins_restricted!: boolean;

  @ApiProperty({ ...FLAG, description: 'Weak ones stop the start.' })
  readonly secrets_strong!: true;

  @ApiProperty({ ...FLAG, description: 'Always: what upstreams are shown is kept encrypted.' })
  readonly credentials_encrypted!: true;
}

const WARNINGS: Readonly<Partial<Record<keyof SecurityChecksView, string>>> = {
  authentication_required: 'AUTH_REQUIRED is off: whoever reaches the gateway may use what is public',
  known_users_only: 'REQUIRE_USER_IN_DB is off: a signed token is enough, whoever it names',
  security_headers: 'SECURITY_HEADERS_ENABLED is off',
  origins_restricted: 'ALLOWED_ORIGINS is `*`: pages of every origin may call',
};

/** Which protections are on, and what stands open because of a setting. */
export class SecurityHealthView {
  @ApiProperty({ enum: ['healthy', 'warning'] })
  readonly status: 'healthy' | 'warning';

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    example: 100,
    description: 'The share of checks that hold.',
  })
  readonly score: number;

  @ApiProperty({ type: SecurityChecksView })
  readonly checks: SecurityChecksView;

  @ApiProperty({ type: 'integer', example: 0 })
  readonly warning_count: number;

  @ApiProperty({ type: [String], example: [] })
  readonly warnings: readonly string[];

  @ApiProperty({ type: String, format: 'date-time' })
  readonly timestamp: string;

  constructor(platform: PlatformConfig, settings: Pick<AuthSettings, 'requiresKnownUser'>) {
    this.checks = {
      authentication_required: platform.AUTH_REQUIRED,
      known_users_only: settings.requiresKnownUser,
      security_headers: platform.SECURITY_HEADERS_ENABLED,
      origins_restricted: !platform.ALLOWED_ORIGINS.includes('*'),
      secrets_strong: true,
      credentials_encrypted: true,
    };
    const results = Object.entries(this.checks);
    const failed = results.filter(([, holds]) => !holds);
    this.warnings = failed.map(([name]) => WARNINGS[name as keyof SecurityChecksView] ?? name);
    this.warning_count = this.warnings.length;
    this.status = this.warning_count === 0 ? 'healthy' : 'warning';
    this.score = Math.round(((results.length - failed.length) / results.length) * 100);
    this.timestamp = new Date().toISOString();
  }
}
