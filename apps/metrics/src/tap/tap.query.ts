import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import { CallFilterQuery } from '../call-log/calls.query.js';
import { Text } from '../rest/query.decorators.js';

/** `GET /tap?name=*_search&outcome=refused,error` */
export class TapQuery extends PickType(CallFilterQuery, [
  'user',
  'token',
  'server',
  'upstream',
  'method',
  'outcome',
  'code',
  'client',
  'address',
  'minMs',
] as const) {
  @Text('The name of the tool or prompt, or the URI of the resource; `*` stands for any text.')
  name?: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Leave out who called, by which token, and from where.',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  redact = false;
}
