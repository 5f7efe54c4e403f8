import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, IsOptional, Matches } from 'class-validator';
import { NotSupported } from '#libs/service';
import { SightBody } from '../../rest/owned.body.js';
import { IsPlainText } from '../../rest/plain-text.decorator.js';

/** What becomes of an entry whose name is taken already. */
export const CONFLICT_STRATEGIES = ['skip', 'update', 'rename', 'fail'] as const;
export type ConflictStrategy = (typeof CONFLICT_STRATEGIES)[number];

/** When what is here already is given its credential anew: it cannot be compared with that of the file. */
export const CREDENTIAL_POLICIES = ['always', 'with_changes'] as const;
export type CredentialPolicy = (typeof CREDENTIAL_POLICIES)[number];

const lowerCase = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** A file that ContextForge exported, and how it is to be taken over. */
@NotSupported({ rekeySecret: null })
export class ImportBody extends SightBody {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'The whole export. Its gateways, tools, prompts, resources and servers are 1000 at most in one request.',
  })
  @IsObject()
  importData!: Record<string, unknown>;

  @ApiPropertyOptional({
    enum: CONFLICT_STRATEGIES,
    default: 'update',
    description:
      'What becomes of an entry whose name is taken: it stays (`skip`), it is made as the file has it (`update`), the new one gets another name (`rename`), or nothing at all is imported (`fail`).',
  })
  @IsOptional()
  @Transform(lowerCase)
  @IsIn(CONFLICT_STRATEGIES)
  conflictStrategy?: ConflictStrategy;

  @ApiPropertyOptional({ default: false, description: 'Only say what would be done.' })
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;

  @ApiPropertyOptional({
    enum: CREDENTIAL_POLICIES,
    default: 'always',
    description:
      'When what is here already is given the credential of the file, which cannot be compared: every time (`always`), or when it changes in something else (`with_changes`).',
  })
  @IsOptional()
  @IsIn(CREDENTIAL_POLICIES)
  credentials?: CredentialPolicy;

  @ApiPropertyOptional({
    writeOnly: true,
    description:
      'The AUTH_ENCRYPTION_SECRET of the gateway that exported. Without it what has a sealed credential is left out; one that is not sealed needs none. Not kept.',
  })
  @IsOptional()
  @IsPlainText(1_024, { lengthMin: 1 })
  secret?: string;

  @ApiPropertyOptional({
    writeOnly: true,
    description:
      'The passphrase that the credentials of the file were sealed with by `POST /export`. Another is refused with 422 before anything is made. Not kept.',
  })
  @IsOptional()
  @IsPlainText(1_024, { lengthMin: 1 })
  passphrase?: string;

  @ApiPropertyOptional({
    pattern: '^[a-z0-9-]{1,64}$',
    description:
      'For `switchyard apply`: the set of files that this is. What is new gets its tag (`apply:` and the set), and what is here keeps the one it has. Tags of this kind in the file itself count for nothing.',
  })
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,64}$/)
  applySet?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    description: 'By type (`gateways`, `tools`, `servers`) the names to import; an empty list: all of the type.',
  })
  @IsOptional()
  @IsObject()
  selectedEntities?: Record<string, unknown>;
}
