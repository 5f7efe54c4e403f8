/** From the most to the least that it means to a caller. */
const KINDS = ['breaking', 'compatible', 'text'] as const;

export type Change = (typeof KINDS)[number];

export interface Finding {
  readonly kind: Change;
  readonly reason: string;
}

export const worst = (kinds: readonly Change[]): Change => KINDS.find((kind) => kinds.includes(kind)) ?? 'text';
