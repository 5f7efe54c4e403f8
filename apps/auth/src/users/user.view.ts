import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { User } from './user.entity.js';

/** A user as REST shows them. */
export class UserView {
  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  email!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Ann Example' })
  full_name!: string | null;

  @ApiProperty({ type: Boolean, example: false })
  is_admin!: boolean;

  @ApiProperty({ type: Boolean, example: true })
  is_active!: boolean;

  @ApiProperty({ type: String, example: 'local', description: 'Who vouches for the user: `local` is this gateway.' })
  auth_provider!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;
}

export class UserPageView {
  @ApiProperty({ type: [UserView] })
  users!: readonly UserView[];

  @ApiProperty({ type: 'integer', example: 1, description: 'Users in all.' })
  total!: number;

  @ApiProperty({ type: 'integer', example: 50 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  offset!: number;
}

/** Documents a list of users: an array, or with `include_pagination=true` a page. */
export const ApiUserList = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(UserView, UserPageView),
    ApiOkResponse({
      description: 'An array, or with `include_pagination=true` a page.',
      schema: {
        oneOf: [{ type: 'array', items: { $ref: getSchemaPath(UserView) } }, { $ref: getSchemaPath(UserPageView) }],
      },
    }),
  );

export const userView = (user: User): UserView => ({
  email: user.email,
  full_name: user.fullName,
  is_admin: user.isAdmin,
  is_active: user.isActive,
  auth_provider: user.authProvider,
  created_at: user.createdAt,
});
