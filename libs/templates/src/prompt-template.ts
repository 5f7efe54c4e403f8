import { Budget, TEMPLATE_CHARS_MAX, TemplateRefused } from './limits.js';
import { type Template, compileTemplate } from './template.js';

export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** A template of messages. */
export interface PromptTemplate extends Pick<Template, 'variables' | 'needed'> {
  /** Throws `RenderingFailed`. */
  render(values: ReadonlyMap<string, string>): PromptMessage[];
}

/** A line that begins so begins a message of that role. */
const ROLE_LINE = /^# (User|Assistant):[^\S\n]*\n?/gm;

/**
 * The template is cut into messages before it is filled, so no value can begin one. Text before the first role is the user's.
 * Throws `TemplateRefused`.
 */
export const compilePromptTemplate = (source: string): PromptTemplate => {
  if (source.length > TEMPLATE_CHARS_MAX)
    throw new TemplateRefused(`A template has at most ${TEMPLATE_CHARS_MAX} characters`);
  const parts = partsOf(source);
  const all = (pick: (template: Template) => readonly string[]): string[] => [
    ...new Set(parts.flatMap(({ template }) => pick(template))),
  ];
  const variables = all(({ variables: names }) => names);
  return {
    variables,
    needed: all(({ needed }) => needed),
    render(values) {
      const budget = new Budget();
      const messages = parts.map(({ role, template }) => ({ role, text: template.render(values, budget).trim() }));
      const said = messages.filter(({ text }) => text !== '');
      return said.length > 0 ? said : messages.slice(0, 1);
    },
  };
};

interface Part {
  readonly role: PromptMessage['role'];
  readonly template: Template;
}

const partsOf = (source: string): Part[] => {
  const parts: Part[] = [];
  let role: PromptMessage['role'] = 'user';
  let from = 0;
  const cut = (end: number): void => {
    const text = source.slice(from, end);
    if (text.trim() !== '') parts.push({ role, template: compileTemplate(text) });
  };
  for (const match of source.matchAll(ROLE_LINE)) {
    cut(match.index);
    role = match[1] === 'User' ? 'user' : 'assistant';
    from = match.index + match[0].length;
  }
  cut(source.length);
  if (parts.length === 0) throw new TemplateRefused('The template has no text');
  return parts;
};
