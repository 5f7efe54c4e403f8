import { ApiProperty } from '@nestjs/swagger';

/** Whether a user has a permission. */
export class PermissionCheckView {
  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ type: String, example: 'tools.execute' })
  permission!: string;

  @ApiProperty({ type: Boolean, example: true })
  granted!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  checked_at!: Date;

  @ApiProperty({ type: String, format: 'email', example: 'admin@example.com' })
  checked_by!: string;
}

/** Every permission there is. */
export class PermissionListView {
  @ApiProperty({ type: [String], example: ['tools.read', 'tools.execute'] })
  all_permissions!: readonly string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { tools: ['tools.read', 'tools.execute'] },
  })
  permissions_by_resource!: Readonly<Record<string, readonly string[]>>;

  @ApiProperty({ type: 'integer', example: 34 })
  total_count!: number;
}
