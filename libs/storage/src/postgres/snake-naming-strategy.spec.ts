import { describe, expect, it } from 'vitest';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

describe('SnakeNamingStrategy', () => {
  it.each([
    ['id', 'id'],
    ['createdAt', 'created_at'],
    ['credentialsNotBefore', 'credentials_not_before'],
    ['listTtlMs', 'list_ttl_ms'],
    ['sha256Hex', 'sha256_hex'],
    ['kept_as_it_is', 'kept_as_it_is'],
  ])('SnakeNamingStrategy names the column of %s %s when nothing else is said', (property, column) => {
    expect(new SnakeNamingStrategy().columnName(property, undefined, [])).toBe(column);
  });

  it('SnakeNamingStrategy takes the name of the @Column when there is one', () => {
    expect(new SnakeNamingStrategy().columnName('createdAt', 'madeAt', [])).toBe('madeAt');
  });

  it('SnakeNamingStrategy puts the name of the embedding property first when the column is in an embedded class', () => {
    expect(new SnakeNamingStrategy().columnName('teamId', undefined, ['ownedBy'])).toBe('owned_by_team_id');
  });
});
