import { ApiProperty } from '@nestjs/swagger';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';
import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';

/** A further address of a gateway. */
export class AddressView implements UpstreamAddress {
  @ApiProperty({ type: String })
  readonly url!: string;

  @ApiProperty({ type: 'integer' })
  readonly priority!: number;

  @ApiProperty({ type: 'integer' })
  readonly weight!: number;
}

/** How an address was found when it was last looked at. */
export class AddressStandingView implements AddressStanding {
  @ApiProperty({ type: String, description: 'Values of its query are masked.' })
  readonly url!: string;

  @ApiProperty({
    enum: ['active', 'ejected'],
    description: 'ejected: it failed again and again, and is left alone until it answers.',
  })
  readonly state!: AddressStanding['state'];

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed last; null: it answered.' })
  readonly reason!: string | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'Since when it is in this state.' })
  readonly since!: string;
}
