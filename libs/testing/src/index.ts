export type { ChildServerOptions } from './child-server.js';
export type { ConformanceFixture, FixtureEra } from './conformance-fixture/conformance-fixture.js';
export type { NameConduct, NameServer } from './name-server.js';
export type { NatsServer, NatsServerOptions } from './nats-server.js';
export type { RedisServer } from './redis-server.js';
export type { StallingProxy } from './stalling-proxy.js';
export type { ClientScenario, SuiteCheck, SuiteReport } from './conformance-suite.js';
export type { TransactionPooler } from './transaction-pooler.js';
export { ChildServer, canConnect } from './child-server.js';
export { flipped } from './flipped.js';
export { freePort } from './free-port.js';
export { OtlpCollector } from './telemetry/otlp-collector.js';
export { type Alertmanager, startAlertmanager } from './telemetry/alertmanager.js';
export { type PrometheusServer, startPrometheus } from './telemetry/prometheus-server.js';
export type { ReceivedSpan } from './telemetry/received-span.js';
export { startNameServer } from './name-server.js';
export { reachNatsServer, startNatsServer } from './nats-server.js';
export {
  clientScenariosOf,
  runConformanceAuthorization,
  runConformanceClient,
  runConformanceSuite,
} from './conformance-suite.js';
export { spawnSource } from './source-process.js';
export { startSickUpstreams } from './upstream/sick-upstream.js';
export type { Conducted } from './upstream/sick-upstream.js';
export { startConformanceFixture } from './conformance-fixture/conformance-fixture.js';
export { startRedisServer } from './redis-server.js';
export { startStallingProxy } from './stalling-proxy.js';
export { startTransactionPooler } from './transaction-pooler.js';
export { temporaryFolder } from './temporary-folder.js';
export { type VaultDouble, startVaultDouble } from './upstream/vault-double.js';
export { startAskingUpstream } from './upstream/asking-upstream.js';
export type { AskingSession, AskingUpstream } from './upstream/asking-upstream.js';
export {
  CHANGING_SERVER,
  HINTING_SERVER,
  type ScriptUpstream,
  startCommonStreamUpstream,
  startUrlUpstream,
} from './upstream/script-upstream.js';
export { ANNOUNCE, isLong, longAnswer, PROGRESS_STEPS, startFastUpstream } from './upstream/fast-upstream.js';
export { type OddUpstream, type OddUpstreams, startOddUpstreams } from './upstream/odd/odd-upstreams.js';
export { ODD_ENTRIES } from './upstream/odd/odd-entries.js';
export type { OddEntry } from './upstream/odd/odd-entries.js';
export { startLedgerUpstream } from './upstream/ledger-upstream.js';
export type { LedgerFailure, LedgerUpstream } from './upstream/ledger-upstream.js';
export { DoubleError, startMcpDouble } from './upstream/mcp-double.js';
export type { DoubleCall, DoubleRequest, DoubleTool, McpDouble, McpDoubleOptions } from './upstream/mcp-double.js';
export type { A2aDouble, A2aDoubleOptions, ReceivedA2aRequest } from './upstream/a2a/a2a-double.js';
export { startA2aDouble } from './upstream/a2a/start-a2a-double.js';
export type { GrpcDouble, GrpcDoubleOptions, ReceivedGrpcCall } from './upstream/grpc/grpc-double.js';
export { shopDescriptorSet } from './upstream/grpc/shop-descriptors.js';
export { startGrpcDouble } from './upstream/grpc/start-grpc-double.js';
export { startRestDouble } from './upstream/rest-double.js';
export type { ReceivedRequest, RestAnswer, RestDouble } from './upstream/rest-double.js';
export { AdminApi } from './gateway/admin-api.js';
export type { EntryView, GatewayRegistration, RegisteredGateway, VirtualServer } from './gateway/admin-api.js';
export { SERVICES } from './gateway/gateway.js';
export type { ClientEra, Gateway, GatewayOptions, GatewayProcess, Service } from './gateway/gateway.js';
export { GatewaySecrets } from './gateway/gateway-secrets.js';
export { PATIENT_STORES } from './gateway/patient-stores.js';
export { startGateway } from './gateway/start-gateway.js';
export { type Certificates, makeCertificates } from './tls/certificates.js';
export { type EncryptingFront, startEncryptingFront } from './tls/encrypting-front.js';
