export type Era = 'modern' | 'legacy';
export type Call = 'tools/call' | 'tools/list';

export interface Scenario {
  readonly call: Call;
  readonly era: Era;
}

export const SCENARIOS: readonly Scenario[] = [
  { call: 'tools/call', era: 'modern' },
  { call: 'tools/call', era: 'legacy' },
  { call: 'tools/list', era: 'modern' },
  { call: 'tools/list', era: 'legacy' },
];

export const nameOf = ({ call, era }: Scenario): string => `${call} ${era}`;

/** Tools that the upstream has; every list answer is checked to hold them all. */
export const TOOL_COUNT = 30;

export const VERSIONS = { modern: '2026-07-28', legacy: '2025-11-25' } as const;
