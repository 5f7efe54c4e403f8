import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ERAS, type Era } from '#contracts/registry/catalog';
import { asObject, isObject } from '#libs/mcp';
import type { FoundTool } from '../routing/index.js';

/** Each is a reason why a call would fail or be refused now, or why that could not be found out. */
const CODES = [
  'invalid_arguments',
  'schema_not_checked',
  'not_allowed',
  'rate_limited',
  'upstream_left_alone',
  'upstream_busy',
  'upstream_not_asked',
] as const;

/** What there is to say of a call before it is made. */
export interface Warning {
  readonly code: (typeof CODES)[number];
  readonly message: string;
}

interface Preview extends Pick<FoundTool, 'tool' | 'timeoutMs'>, Partial<Pick<FoundTool, 'eras'>> {
  /** Null: the gateway answers it itself. */
  readonly upstream: FoundTool['upstream'] | null;
  readonly args: Readonly<Record<string, unknown>>;
  readonly isValid: boolean;
  readonly isAllowed: boolean;
  readonly warnings: readonly Warning[];
}

class PreviewTargetView {
  @ApiProperty({
    enum: ['federated', 'local'],
    description:
      'local: `search_tools` and its like of a virtual server whose tools are searched. All others belong to a gateway.',
  })
  readonly kind: 'federated' | 'local';

  @ApiProperty({ type: String, nullable: true })
  readonly gatewayId: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly gatewayName: string | null;

  @ApiProperty({ enum: ['modern', 'legacy'], isArray: true, description: 'The clients that it is there for.' })
  readonly eras: readonly Era[];

  constructor({ upstream, eras = ERAS }: Pick<Preview, 'upstream' | 'eras'>) {
    this.kind = upstream === null ? 'local' : 'federated';
    this.gatewayId = upstream?.id ?? null;
    this.gatewayName = upstream?.name ?? null;
    this.eras = eras;
  }
}

class PreviewWarningView implements Warning {
  @ApiProperty({ enum: CODES })
  readonly code!: Warning['code'];

  @ApiProperty({ type: String, nullable: true, enum: [null], description: 'There are no hooks.' })
  readonly hook!: null;

  @ApiProperty({ type: String })
  readonly message!: string;
}

class PreviewLimitsView {
  @ApiProperty({ type: 'integer', description: 'What the call might take at most.' })
  readonly timeoutMs!: number;
}

/** What would become of a call. */
export class ToolPreviewView {
  @ApiProperty({ type: Boolean, description: 'The arguments were checked against the input schema, and fit it.' })
  readonly validated: boolean;

  @ApiProperty({ type: Boolean, description: 'The caller has the permission for the call.' })
  readonly allowed: boolean;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As they were given.' })
  readonly resolvedArguments: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: PreviewTargetView })
  readonly target: PreviewTargetView;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As the upstream lists the tool.' })
  readonly annotations: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: PreviewLimitsView })
  readonly limits: PreviewLimitsView;

  @ApiPropertyOptional({ type: [String], description: 'There are no hooks.' })
  readonly preHooksRun: readonly string[] = [];

  @ApiProperty({ type: [PreviewWarningView] })
  readonly warnings: readonly PreviewWarningView[];

  constructor({ tool, timeoutMs, upstream, eras, args, isValid, isAllowed, warnings }: Preview) {
    const { annotations } = asObject(JSON.parse(tool.definition));
    this.validated = isValid;
    this.allowed = isAllowed;
    this.resolvedArguments = args;
    this.target = new PreviewTargetView({ upstream, ...(eras && { eras }) });
    this.annotations = isObject(annotations) ? annotations : {};
    this.limits = { timeoutMs };
    this.warnings = warnings.map(({ code, message }) => ({ code, hook: null, message }));
  }
}

export const PREVIEW_EXAMPLE: ToolPreviewView = {
  validated: false,
  allowed: true,
  resolvedArguments: { city: 7 },
  target: {
    kind: 'federated',
    gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
    gatewayName: 'Weather',
    eras: ['modern', 'legacy'],
  },
  annotations: { readOnlyHint: true },
  limits: { timeoutMs: 60_000 },
  preHooksRun: [],
  warnings: [{ code: 'invalid_arguments', hook: null, message: '"city" must be string' }],
};
