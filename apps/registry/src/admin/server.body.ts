import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsIn,
  IsObject,
  IsOptional,
  ValidateNested,
} from 'class-validator';
import type { Visibility } from '#contracts/registry/catalog';
import { IsPlainText } from './plain-text.decorator.js';

const CHOICES_MAX = 5_000;

const Choices =
  (description: string): PropertyDecorator =>
  (target, key) => {
    ApiPropertyOptional({ type: [String], description })(target, key);
    IsOptional()(target, key);
    IsArray()(target, key);
    ArrayMaxSize(CHOICES_MAX)(target, key);
    IsPlainText(2048, { each: true, lengthMin: 1 })(target, key);
  };

export class ServerBody {
  @ApiProperty()
  @IsPlainText(255, { lengthMin: 1 })
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(8192)
  description?: string | null;

  @ApiPropertyOptional({ type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsPlainText(100, { each: true, lengthMin: 1 })
  tags?: string[];

  @ApiPropertyOptional({ enum: ['private', 'team', 'public'], default: 'public' })
  @IsOptional()
  @IsIn(['private', 'team', 'public'])
  visibility?: Visibility;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(128)
  teamId?: string | null;

  @Choices('Ids or exposed names, in the order in which they are shown.')
  associatedTools?: string[];

  @Choices('Ids or URIs, of resources and of resource templates.')
  associatedResources?: string[];

  @Choices('Ids or exposed names.')
  associatedPrompts?: string[];
}

export class CreateServerBody {
  @ApiProperty({ type: ServerBody })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ServerBody)
  server!: ServerBody;

  @ApiPropertyOptional({ enum: ['private', 'team', 'public'] })
  @IsOptional()
  @IsIn(['private', 'team', 'public'])
  visibility?: Visibility;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(128)
  teamId?: string | null;
}

/** What is left out stays; a list that is given takes the place of the old one. */
export class UpdateServerBody extends PartialType(ServerBody) {}
