import { ApiProperty } from '@nestjs/swagger';
import type { ResetQuery } from './reset.query.js';

export class ResetView {
  @ApiProperty({ enum: ['success'] })
  readonly status = 'success';

  @ApiProperty({ type: String })
  readonly message: string;

  constructor({ entity, entityId }: ResetQuery) {
    const what = entity === undefined ? 'all entities' : `${entity}${entityId === undefined ? 's' : ` ${entityId}`}`;
    this.message = `Metrics reset for ${what}`;
  }
}
