import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { cacheOptions, postgresOptions } from '#libs/storage';

const databaseOf = (text: string) => parseConfig(postgresOptions, { DATABASE_URL: text }).DATABASE_URL;

describe('DATABASE_URL', () => {
  it.each([
    ['postgresql://u:p@db:5432/mcp?sslmode=require', 'postgresql://u:p@db:5432/mcp?sslmode=require'],
    ['postgresql+psycopg://u:p+q@db/mcp', 'postgresql://u:p+q@db/mcp'],
    ['postgres+asyncpg://u@db/mcp', 'postgres://u@db/mcp'],
    ['POSTGRESQL+psycopg2://u@db/mcp', 'POSTGRESQL://u@db/mcp'],
  ])('DATABASE_URL is understood when it is %s', (text, meant) => {
    expect(databaseOf(text)).toBe(meant);
  });

  it.each(['sqlite:///./mcp.db', 'mysql+pymysql://db/mcp', 'postgresql+://db', 'postgresql+psycopg'])(
    'DATABASE_URL is refused when it is %s',
    (text) => {
      expect(() => databaseOf(text)).toThrow(/DATABASE_URL/);
    },
  );
});

describe('CACHE_TYPE', () => {
  it.each(['auto', 'database', 'redis', 'memory'])('CACHE_TYPE is understood when it is %s', (word) => {
    expect(parseConfig(cacheOptions, { CACHE_TYPE: word }).CACHE_TYPE).toBe(word);
  });
});
