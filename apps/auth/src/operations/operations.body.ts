import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';

/** Syslog's names, as MCP has them, and what each is called in the lines of the log. */
export const LEVELS = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  alert: 'fatal',
  emergency: 'fatal',
} as const;

export class SetLevelBody {
  @ApiProperty({ enum: Object.keys(LEVELS), example: 'debug' })
  @IsIn(Object.keys(LEVELS))
  level!: keyof typeof LEVELS;
}
