import 'reflect-metadata';
import { ApiProperty, PartialType } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { MayRepeat, NotSupported, assertRepeats } from './not-supported.decorator.js';
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
  @ApiProperty({ type: Boolean }) enabled!: boolean;
  @ApiProperty({ type: Object }) schema!: object;
  @ApiProperty({ type: Date }) seenAt!: Date;
}
@MayRepeat({ views: [View], observed: ['seenAt'] })
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

describe('assertRepeats', () => {
  const view = { id: 'x', gatewayMode: 'cache', enabled: true, schema: { a: 1, b: [2] }, seenAt: new Date(0) };
  const check = async (body: object) => assertRepeats((await take(body, Repeating)) as Repeating, view);

  it.each([
    {},
    JSON.parse(JSON.stringify(view)),
    { schema: { b: [2], a: 1 }, id: null, gatewayMode: '' },
    { seenAt: '2026-01-01T00:00:00Z', name: 'other' },
  ])('assertRepeats accepts %j, which changes nothing that it cannot', async (body) => {
    await expect(check(body)).resolves.toBeUndefined();
  });

  it.each([
    ['enabled', false],
    ['gatewayMode', 'direct_proxy'],
    ['schema', {}],
  ])('assertRepeats refuses %s by name when %j is not what it is', async (field, value) => {
    await expect(check({ ...view, seenAt: 0, [field]: value })).rejects.toMatchObject({
      code: 'http.invalid',
      data: { errors: [{ field, message: 'cannot be changed by this request' }] },
    });
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
