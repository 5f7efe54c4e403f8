import { ApiProperty } from '@nestjs/swagger';
import type { RefusedEntry } from '../gateway.entity.js';

/** What an upstream offers that is not shown, or not as it is. */
export class RefusedEntryView implements RefusedEntry {
  @ApiProperty({ type: String, description: 'The MCP list it stands in, such as `tools`.' })
  readonly list!: string;

  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ type: String })
  readonly reason!: string;
}
