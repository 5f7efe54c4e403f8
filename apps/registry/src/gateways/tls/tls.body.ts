import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PEM_CHARS_MAX } from '#contracts/auth/tls/upstream-tls.rules';
import { OwnedBody } from '../../rest/owned.body.js';
import { IsPlainText } from '../../rest/plain-text.decorator.js';

const PEM = { type: String, nullable: true, writeOnly: true } as const;

/** By what a gateway and its upstream know each other in TLS, beside what else is said of it. */
export class TlsBody extends OwnedBody {
  @ApiPropertyOptional({
    ...PEM,
    description:
      'Certificates of authorities as PEM, which sign for the upstream in place of those that are known to the gateway. For https: URLs.',
  })
  @IsOptional()
  @IsPlainText(PEM_CHARS_MAX)
  caCertificate?: string | null;

  @ApiPropertyOptional({
    ...PEM,
    description: 'A certificate as PEM that is shown to the upstream, with those between it and its authority.',
  })
  @IsOptional()
  @IsPlainText(PEM_CHARS_MAX)
  clientCert?: string | null;

  @ApiPropertyOptional({ ...PEM, description: 'The private key of `clientCert` as PEM, not encrypted.' })
  @IsOptional()
  @IsPlainText(PEM_CHARS_MAX)
  clientKey?: string | null;
}
