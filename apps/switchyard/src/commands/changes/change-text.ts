import type { ToolChange, ToolChangeDetail } from './tool-change.js';

/** A change as one line: its id, what has become of it, what it is, of which tool, when. */
export const lineOf = ({ id, state, class: changeClass, gatewayName, tool, foundAt }: ToolChange): string =>
  [id, state.padEnd(10), changeClass.padEnd(17), `${gatewayName} / ${tool}`, foundAt].join('  ');

/** A change with its findings, what was decided, and the difference line by line. */
export const detailOf = (change: ToolChangeDetail): string => {
  const { findings, decidedBy, decidedAt, note, diff } = change;
  return [
    lineOf(change),
    ...findings.map((each) => `  ${each.class}: ${each.finding}`),
    ...(decidedBy === null ? [] : [`  decided by ${decidedBy} at ${decidedAt}${note === null ? '' : `: ${note}`}`]),
    '',
    ...diff.map(({ sign, text }) => `${sign} ${text}`),
  ].join('\n');
};
