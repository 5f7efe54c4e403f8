import { A2A_LIMITS } from '../limits.js';
import type { AgentCard } from '../card/agent-card.js';

/** What the tool of an agent is called before its prefix. */
export const AGENT_TOOL = 'send_message';

const TEXT = { type: 'string', minLength: 1 } as const;
const ID = { ...TEXT, maxLength: A2A_LIMITS.signedIdCharsMax } as const;

/** The schema of what an agent is told. */
export const AGENT_TOOL_SCHEMA = {
  type: 'object',
  properties: {
    message: {
      ...TEXT,
      description: 'What to tell the agent. Left out only where taskId alone asks how a task gets on.',
    },
    data: { type: 'object', description: 'Structured data that goes with the message.' },
    files: {
      type: 'array',
      maxItems: A2A_LIMITS.filesMax,
      description: 'Files that go with the message, each with its content or the URL where the agent finds it.',
      items: {
        type: 'object',
        properties: {
          base64: { ...TEXT, description: 'The content.' },
          url: { ...TEXT, maxLength: 8_192 },
          mediaType: { ...TEXT, maxLength: 256 },
          name: { ...TEXT, maxLength: 256 },
        },
        additionalProperties: false,
      },
    },
    contextId: { ...ID, description: 'Goes on with a conversation: the contextId of an earlier answer.' },
    taskId: {
      ...ID,
      description:
        'Answers a question of the agent: the taskId that came with it. Alone: waits for the outcome of a task.',
    },
  },
  additionalProperties: false,
} as const;

/** The tool that stands for an agent: one, since a skill is no address in A2A. */
export const agentTool = ({ name, description, skills }: AgentCard) => ({
  name: AGENT_TOOL,
  title: name,
  description: [description === '' ? `Asks the agent ${name}` : description, ...skillLines(skills)]
    .join('\n')
    .slice(0, A2A_LIMITS.descriptionCharsMax),
  inputSchema: AGENT_TOOL_SCHEMA,
  annotations: { title: name, openWorldHint: true },
});

const skillLines = (skills: AgentCard['skills']): string[] => {
  if (skills.length === 0) return [];
  const lines = skills.slice(0, A2A_LIMITS.skillsShownMax).map(({ name, description, examples }) => {
    const [example] = examples;
    return `- ${name}${description === '' ? '' : `: ${description}`}${example === undefined ? '' : ` (such as "${example}")`}`;
  });
  return ['Skills of the agent:', ...lines];
};
