export { RenderingFailed, TEMPLATE_CHARS_MAX, TemplateRefused } from './limits.js';
export { compilePromptTemplate } from './prompt-template.js';
export type { PromptTemplate } from './prompt-template.js';
export { compileTemplate } from './template.js';
export type { Template } from './template.js';
export { readableUriTemplate } from './uri-template.js';
export type { ReadableUriTemplate } from './uri-template.js';
