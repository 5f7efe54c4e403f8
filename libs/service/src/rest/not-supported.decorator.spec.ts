import 'reflect-metadata';
import { ApiProperty, PartialType } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { MayRepeat, NotSupported } from './not-supported.decorator.js';
import { validationPipe } from './validation.js';

@NotSupported({ oauthConfig: null, gatewayMode: 'cache', oneTimeAuth: false, isActive: true })
class Body {
  @IsString()
  name!: string;
}
class Change extends PartialType(Body) {}
class View {
  @ApiProperty({ type: String }) id!: string;
  @ApiProperty({ type: String }) gatewayMode!: string;
}
@MayRepeat(View)
class Repeating extends PartialType(Body) {}

const take = async (body: object, metatype: new () => object = Body): Promise<unknown> => {
  try {
    return await validationPipe().transform({ name: 'a', ...body }, { type: 'body', metatype });
  } catch (error) {
    return (error as { data: { errors: unknown } }).data.errors;
  }
};

describe('NotSupported', () => {
  it.each([
    {},
    { oauthConfig: null },
    { oauthConfig: {} },
    { oauthConfig: { scopes: [], clientId: '' } },
    { gatewayMode: '' },
    { gatewayMode: 'cache' },
    { oneTimeAuth: false },
    { oneTimeAuth: 'false' },
    { isActive: true },
  ])('NotSupported accepts %j, which asks for nothing', async (body) => {
    expect(await take(body)).toBeInstanceOf(Body);
    expect(await take(body, Change)).toBeInstanceOf(Change);
  });

  it.each([
    ['oauthConfig', { client_id: 'x' }],
    ['gatewayMode', 'direct_proxy'],
    ['oneTimeAuth', true],
    ['isActive', false],
    ['oauthConfig', 0],
  ])('NotSupported refuses %s of %j, which asks for something, by name', async (field, value) => {
    const refused = [{ field, message: 'is not supported by this gateway' }];

    expect(await take({ [field]: value })).toEqual(refused);
    expect(await take({ [field]: value }, Change)).toEqual(refused);
  });
});

describe('MayRepeat', () => {
  it('MayRepeat accepts what the view shows when it is sent back, and nothing else', async () => {
    expect(await take({ id: 'x', gatewayMode: 'direct_proxy' }, Repeating)).toBeInstanceOf(Repeating);
    expect(await take({ id: 'x', oneTimeAuth: true, slug: 'y' }, Repeating)).toEqual([
      { field: 'slug', message: 'is not known here' },
      { field: 'oneTimeAuth', message: 'is not supported by this gateway' },
    ]);
    expect(await take({ id: 'x' }, Change)).toEqual([{ field: 'id', message: 'is not known here' }]);
  });
});

describe('validationPipe', () => {
  it('validationPipe refuses members that the class does not declare when there are any, and names them all', async () => {
    expect(await take({ extra: 1, __more: { a: 1 } })).toEqual([
      { field: 'extra', message: 'is not known here' },
      { field: '__more', message: 'is not known here' },
    ]);
  });
});
