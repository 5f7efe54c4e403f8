export { type AgentCard, CARD_PATHS, type CardInterface, CardRefused, readAgentCard } from './card/agent-card.js';
export { A2A_LIMITS } from './limits.js';
export { type AgentEvent, decodeEvent } from './protocol/events.js';
export { AnswerRefused, type Part } from './protocol/parts.js';
export { type AgentInterface, messageRequest, type OutgoingMessage, taskRequest } from './protocol/requests.js';
export { Turn } from './protocol/turn.js';
export {
  A2A_ERRORS,
  A2A_VERSION_HEADER,
  type A2aOperation,
  type A2aVersion,
  isOver,
  type TaskState,
} from './protocol/vocabulary.js';
export { incomingMessage, operationOf, ParamsRefused, taskIdIn, versionIn } from './serving/incoming.js';
export { answersIn, questionParts, type Questions } from './serving/questions.js';
export { servedCard } from './serving/served-card.js';
export { artifactText, sentText, type ServedTask, statusText, taskText } from './serving/served-task.js';
export { resultParts } from './serving/tool-result.js';
export { type AgentCallArguments, agentArguments } from './tool/arguments.js';
export { CallerIds, type IdKind, ONLY_PLACE } from './tool/caller-ids.js';
export { agentTool, AGENT_TOOL } from './tool/definition.js';
export { errorResult, turnResult } from './tool/result.js';
