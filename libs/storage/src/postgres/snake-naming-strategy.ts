import { DefaultNamingStrategy } from 'typeorm';

const snakeCase = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/**
 * Columns are named after their properties, in snake_case: `createdAt` is kept in `created_at`. A column that needs
 * another name says so in its `@Column`; tables are always named in their `@Entity`.
 */
export class SnakeNamingStrategy extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, embeddedPrefixes: string[]): string {
    const own = customName ?? snakeCase(propertyName);
    return [...embeddedPrefixes.map(snakeCase), own].join('_');
  }
}
