import { type Type, applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProperty, getSchemaPath } from '@nestjs/swagger';

/** What REST answers to a change that leaves nothing to show. */
export class StatusView {
  @ApiProperty({ enum: ['success'] })
  readonly status = 'success';

  @ApiProperty({ type: String })
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** Documents the answer to a list: a plain array, or with `includePagination=true` an object that names the list. */
export const ApiListOf = (member: string, view: Type, example: object): MethodDecorator => {
  const items = { type: 'array', items: { $ref: getSchemaPath(view) } };
  const page = {
    type: 'object',
    required: [member, 'nextCursor'],
    properties: {
      [member]: items,
      nextCursor: { type: 'string', nullable: true, description: 'Null on the last page.' },
    },
  };
  return applyDecorators(
    ApiExtraModels(view),
    ApiOkResponse({
      description: 'An array, or with `includePagination=true` a page.',
      content: {
        'application/json': {
          schema: { oneOf: [items, page] },
          examples: {
            array: { value: [example] },
            page: { summary: 'includePagination=true', value: { [member]: [example], nextCursor: 'YWZ0ZXI6NTA' } },
          },
        },
      },
    }),
  );
};

/** Documents the answer to a change of state: what became of it, and in `member` the thing as it is now. */
export const ApiStateOf = (member: string, view: Type, example: object): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(view),
    ApiOkResponse({
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['status', 'message', member],
            properties: {
              status: { type: 'string', enum: ['success'] },
              message: { type: 'string' },
              [member]: { $ref: getSchemaPath(view) },
            },
          },
          example: { status: 'success', message: `${member} activated`, [member]: example },
        },
      },
    }),
  );
