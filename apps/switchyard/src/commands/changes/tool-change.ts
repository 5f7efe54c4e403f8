/** What an upstream has changed of a tool, as `GET /changes` shows it. */
export interface ToolChange {
  readonly id: string;
  readonly gatewayName: string;
  /** The upstream's own name of it. */
  readonly tool: string;
  readonly class: string;
  readonly state: string;
  readonly findings: readonly { readonly class: string; readonly finding: string }[];
  /** ISO 8601. */
  readonly foundAt: string;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
  readonly note: string | null;
}

export interface ToolChangeDetail extends ToolChange {
  readonly diff: readonly { readonly sign: string; readonly text: string }[];
}

export interface ToolChangePage {
  readonly changes: readonly ToolChange[];
  readonly nextCursor: string | null;
}

export type Decision = 'approve' | 'keep' | 'block';
