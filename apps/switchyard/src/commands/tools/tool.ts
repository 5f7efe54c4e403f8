import type { Rest } from '../../gateway/rest.js';
import { CommandFailure } from '../../terminal/failure.js';

/** A tool, as `GET /tools` shows it. */
export interface Tool {
  readonly id: string;
  readonly name: string;
  readonly originalName: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly gatewaySlug: string | null;
  readonly enabled: boolean;
  readonly reachable: boolean;
  readonly era: string | null;
  readonly visibility: string;
  readonly inputSchema: InputSchema;
}

/** As far as a command line can say what a tool is given. */
export interface InputSchema {
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
}

export interface ArgumentSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
}

export const toolsOf = (rest: Rest): Promise<readonly Tool[]> =>
  rest.get('/v1/tools', { include_inactive: true, limit: 0 });

/** By the name that clients see, or its id. Throws where there is none, with those that are near. */
export const toolNamed = async (rest: Rest, name: string): Promise<Tool> => {
  const all = await toolsOf(rest);
  const found = all.find((tool) => tool.name === name) ?? all.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const near = all.filter((tool) => tool.originalName === name || tool.name.includes(name)).slice(0, 5);
  const hint = near.length === 0 ? 'see tools ls' : `did you mean ${near.map((tool) => tool.name).join(', ')}?`;
  throw new CommandFailure(`there is no tool ${name}; ${hint}`);
};

export const typeOf = ({ type, enum: values }: ArgumentSchema): string => {
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  return typeof type === 'string' ? type : (type ?? ['any']).join(' | ');
};
