import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

/** A password that is to be set; what of it is too weak is decided where it is hashed. */
export const NewPassword = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      name: 'new_password',
      type: String,
      format: 'password',
      minLength: 12,
      maxLength: 256,
      description: 'Not one that attackers try first.',
    }),
    IsString(),
    MaxLength(256),
  );
