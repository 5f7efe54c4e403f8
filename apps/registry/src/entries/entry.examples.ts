import type { PromptView, ResourceTemplateView, ResourceView, ToolView } from './entry.view.js';

const ID = '6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a';
const KNOWN = {
  id: ID,
  annotations: null,
  icons: null,
  meta: null,
  gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  gatewaySlug: 'weather',
  enabled: true,
  reachable: true,
  era: null,
  visibility: 'public',
  teamId: null,
  ownerEmail: 'admin@example.com',
  tags: ['forecast'],
  createdAt: new Date('2026-07-28T09:00:00.000Z'),
  updatedAt: new Date('2026-07-28T09:00:00.000Z'),
} as const;

export const TOOL_EXAMPLE: ToolView = {
  ...KNOWN,
  name: 'weather-forecast',
  originalName: 'forecast',
  customName: null,
  title: 'Forecast',
  description: 'Tells the weather of the next days.',
  integrationType: 'MCP',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  outputSchema: null,
  execution: null,
  taskAfterMs: null,
  heldChange: null,
};

export const PROMPT_EXAMPLE: PromptView = {
  ...KNOWN,
  name: 'weather-report',
  originalName: 'report',
  customName: null,
  title: null,
  description: 'Asks for a report on a city.',
  arguments: [{ name: 'city', required: true }],
  template: null,
};

export const RESOURCE_EXAMPLE: ResourceView = {
  ...KNOWN,
  uri: 'weather://stations',
  name: 'Stations',
  title: null,
  description: null,
  mimeType: 'application/json',
  size: 1024,
};

export const TEMPLATE_EXAMPLE: ResourceTemplateView = {
  ...KNOWN,
  uriTemplate: 'weather://stations/{id}',
  name: 'Station',
  title: null,
  description: null,
  mimeType: 'application/json',
};
