import type { View } from '../../api/client.ts';
import type { Params } from './messages.ts';

type Described = Pick<View<'ToolView'>, 'meta'>;

/** What a tool says of apps. */
export const uiOf = ({ meta }: Described): Params => {
  const ui = (meta as Params | null)?.['ui'];
  return typeof ui === 'object' && ui !== null ? (ui as Params) : {};
};

/** Whether a tool names an app that it is shown with, as ingress reads it. */
export const hasApp = (tool: Described): boolean => {
  const uri = uiOf(tool)['resourceUri'] ?? (tool.meta as Params | null)?.['ui/resourceUri'];
  return typeof uri === 'string' && uri.startsWith('ui://');
};
