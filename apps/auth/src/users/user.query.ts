import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import { PageQuery } from '../rest/page.query.js';

const asFlag = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

export class UserListQuery extends PageQuery {
  @ApiPropertyOptional({
    name: 'include_pagination',
    type: Boolean,
    default: false,
    description: 'Answer an object that also says how many there are.',
  })
  @IsOptional()
  @Transform(asFlag)
  @IsBoolean()
  includePagination?: boolean;
}
