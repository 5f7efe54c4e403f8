import { ApiProperty } from '@nestjs/swagger';

export class CallErrorView {
  @ApiProperty({ type: 'integer', description: 'As JSON-RPC has it.' })
  readonly code!: number;

  @ApiProperty({ type: String })
  readonly message!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  readonly data!: Readonly<Record<string, unknown>> | null;
}

/** What came of a call: one of `result` and `error`. */
export class ToolCallView {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'A CallToolResult, or what the tool asks for first, as MCP 2026-07-28 has them.',
  })
  readonly result!: Readonly<Record<string, unknown>> | null;

  @ApiProperty({ type: CallErrorView, nullable: true })
  readonly error!: CallErrorView | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Notifications that came before it: progress, log messages. 200 at most.',
  })
  readonly notifications!: readonly Readonly<Record<string, unknown>>[];

  @ApiProperty({ type: Number, description: 'From when it was there to when it was answered.' })
  readonly latencyMs!: number;

  @ApiProperty({ type: String, description: 'By which `GET /calls` finds its record.' })
  readonly traceId!: string;
}

export const CALL_EXAMPLE: ToolCallView = {
  result: { content: [{ type: 'text', text: '4 °C, light rain' }], isError: false, resultType: 'complete' },
  error: null,
  notifications: [],
  latencyMs: 18.4,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
};

/** The MCP App that a tool is shown with, as its upstream has it now. */
export class ToolAppView {
  @ApiProperty({ type: String, description: 'By which MCP clients read it.' })
  readonly uri!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null where it could not be read, or is not `text/html;profile=mcp-app`.',
  })
  readonly html!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What it says of how it is to be shown: `csp`, `permissions`, `domain`, `prefersBorder`.',
  })
  readonly ui!: Readonly<Record<string, unknown>> | null;

  @ApiProperty({ type: CallErrorView, nullable: true })
  readonly error!: CallErrorView | null;
}

export const APP_EXAMPLE: ToolAppView = {
  uri: 'ui://weather/map.html',
  html: '<!doctype html><title>Map</title>',
  ui: { csp: { connectDomains: ['https://api.example.com'] }, prefersBorder: true },
  error: null,
};
