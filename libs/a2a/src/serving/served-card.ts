import { A2A_VERSIONS } from '../protocol/vocabulary.js';

/** A tool as a skill. */
export interface ServedSkill {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

export interface ServedAgent {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** Where it takes messages. */
  readonly url: string;
  readonly skills: readonly ServedSkill[];
}

const MODES = ['application/json', 'text/plain'];
const OUTPUT_MODES = [...MODES, 'application/octet-stream'];
const HOW_TO_CALL = 'Each skill is a tool: a data part {"tool": its id, "arguments": {…}} runs it.';

/** A card that clients of both versions read: those of 1.0 its interfaces, those of 0.3 the members at the top. */
export const servedCard = ({ name, description, version, url, skills }: ServedAgent): string =>
  JSON.stringify({
    name,
    description: description === '' ? HOW_TO_CALL : `${description}\n${HOW_TO_CALL}`,
    version,
    supportedInterfaces: A2A_VERSIONS.map((protocolVersion) => ({ url, protocolBinding: 'JSONRPC', protocolVersion })),
    url,
    protocolVersion: '0.3.0',
    preferredTransport: 'JSONRPC',
    capabilities: { streaming: true, pushNotifications: false },
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    security: [{ bearer: [] }],
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: MODES,
    defaultOutputModes: OUTPUT_MODES,
    skills: skills.map((skill) => ({
      id: skill.name,
      name: skill.title ?? skill.name,
      description: skill.description ?? skill.title ?? skill.name,
      tags: ['tool'],
    })),
  });
