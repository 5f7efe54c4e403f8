/**
 * Tools that are searched rather than listed, of the virtual servers that want that: what a search shows, what a description
 * is, and which call a call of `call_tool` is.
 */
export { type SearchRequest, ToolSearch, innerCall, searchRequest } from './tool-search.js';
