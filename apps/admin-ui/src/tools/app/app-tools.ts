import { type View, answerOf, api } from '../../api/client.ts';
import { uiOf } from './app-link.ts';
import { AppRefusal, INVALID_PARAMS, type Params, REFUSED } from './messages.ts';

type Tool = View<'ToolView'>;

/** What an app is shown with. */
export interface ShownCall {
  readonly tool: Tool;
  readonly args: Params;
  readonly result: Params;
}

/** The tool that the app of `shown` calls by this name: of the same upstream, and meant for apps. Throws `AppRefusal`. */
export const toolForApp = (name: string, shown: Tool, tools: readonly Tool[]): Tool => {
  const tool = tools.find(
    (each) => each.gatewayId === shown.gatewayId && [each.originalName, each.name].includes(name),
  );
  if (tool === undefined) throw new AppRefusal(INVALID_PARAMS, `The upstream has no tool ${name.slice(0, 100)}`);
  const { visibility } = uiOf(tool);
  if (Array.isArray(visibility) && !visibility.includes('app'))
    throw new AppRefusal(REFUSED, `${tool.originalName} is not for apps`);
  return tool;
};

/** Calls it as the person who is logged in. Throws `AppRefusal` where there is no result. */
export const callForApp = async ({ name }: Tool, args: Params): Promise<Params> => {
  const { result, error } = await answerOf(
    api.POST('/v1/tools/call/{name}', { params: { path: { name } }, body: { arguments: args, showsApps: true } }),
  );
  if (error !== null) throw new AppRefusal(error.code, error.message);
  if (result === null || 'inputRequests' in result)
    throw new AppRefusal(REFUSED, 'The tool asks for something first, which an app cannot answer here');
  return result;
};
