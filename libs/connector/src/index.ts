export { FrameSender, type FrameSocket } from './frame-sender.js';
export {
  CHUNK_BYTES_MAX,
  type ConnectorFrame,
  FRAME_BYTES_MAX,
  type FlatHeaders,
  type Framed,
  type GatewayFrame,
  MalformedFrame,
  decodeConnectorFrame,
  decodeGatewayFrame,
  encodeConnectorFrame,
  encodeGatewayFrame,
} from './frames.js';
export { onwardHeaders } from './hop-headers.js';
export { CONNECTOR_NAMES_MAX, CONNECTOR_NAME_RULE, connectorNameOf, isConnectorName, isConnectorUrl } from './names.js';
export { ReceiveWindow, SendWindow } from './windows.js';
