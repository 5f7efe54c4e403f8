import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CertificateFacts, TlsShape } from '#contracts/auth/tls/upstream-tls.rules';
import { MASK } from '#contracts/auth/upstream-secrets.rules';

const MASKED = { enum: [MASK], nullable: true, description: 'Only for those who may change it.' };

export class CertificateView implements CertificateFacts {
  @ApiProperty({ type: String })
  readonly subject!: string;

  @ApiProperty({ type: String })
  readonly issuer!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly validTo!: string;

  @ApiProperty({ type: String, description: 'SHA-256.' })
  readonly fingerprint!: string;
}

export class TlsShapeView implements TlsShape {
  @ApiProperty({ type: [CertificateView] })
  readonly authorities!: readonly CertificateFacts[];

  @ApiProperty({ type: CertificateView, nullable: true, description: 'The one that is shown to the upstream.' })
  readonly client!: CertificateFacts | null;
}

/** Of a gateway: by what it and its upstream know each other in TLS. */
export class TlsView {
  @ApiPropertyOptional(MASKED)
  readonly caCertificate?: string | null;

  @ApiPropertyOptional(MASKED)
  readonly clientCert?: string | null;

  @ApiPropertyOptional(MASKED)
  readonly clientKey?: string | null;

  @ApiPropertyOptional({
    type: TlsShapeView,
    nullable: true,
    description: 'What the certificates say. Only for those who may change it.',
  })
  readonly certificates?: TlsShape | null;
}

/** A mask stands for each that is kept; sent back, it means "as it was". */
export const tlsMembers = (tls: TlsShape | undefined): Required<TlsView> => {
  const client = tls?.client ? MASK : null;
  const caCertificate = tls !== undefined && tls.authorities.length > 0 ? MASK : null;
  return { caCertificate, clientCert: client, clientKey: client, certificates: tls ?? null };
};
