export { diffTools } from './changes/diff.js';
export type { Comparable, ToolChange } from './changes/diff.js';
export { schemaChanges } from './changes/schema-changes.js';
export type {
  ApiDocument,
  Operation,
  SecurityRequirement,
  SecurityScheme,
  ServerTemplate,
  Skipped,
} from './document/document.js';
export { READ_LIMITS } from './document/limits.js';
export type { ReadLimits } from './document/limits.js';
export { mediaTypeCharset } from './document/media-type.js';
export { parseText } from './document/parse-text.js';
export { readDocument } from './document/read.js';
export type { ServerChoice } from './document/servers.js';
export type { Schema } from './json.js';
export type { HttpBinding } from './request/binding.js';
export { buildRequest } from './request/build.js';
export type { HttpRequest } from './request/build.js';
export { ArgumentsRefused } from './request/encode.js';
export { PAGINATION_META } from './response/pagination.js';
export { textResult } from './response/answer.js';
export type { HttpAnswer, ToolResult } from './response/answer.js';
export { jsonToFilter, resultOf } from './response/result.js';
export type { ResultOptions } from './response/result.js';
export { compileCheck } from './schema/check.js';
export type { Check } from './schema/check.js';
export { inline } from './schema/inline.js';
export { compileForeignCheck } from './schema/foreign-check.js';
export { annotationsOf, isIdempotent } from './tools/annotations.js';
export type { ToolAnnotations } from './tools/annotations.js';
export { importTools } from './tools/import.js';
export type { Choice, Imported, ImportOptions } from './tools/import.js';
export { ToolNames } from './tools/names.js';
export { TOOL_LIMITS } from './tools/limits.js';
export type { ToolLimits } from './tools/limits.js';
export { previewOf } from './tools/preview.js';
export type { Preview } from './tools/preview.js';
export { restToolOf } from './tools/rest-tool.js';
export type { RestDefinition, RestTool } from './tools/rest-tool.js';
export type { HttpTool } from './tools/tool.js';
