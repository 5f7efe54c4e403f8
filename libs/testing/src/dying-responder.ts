import { connectNats } from '#libs/bus';
import { AdmitCaller, DescribeServer } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';

/** A replica that is killed by the first question it gets. Arguments: the URL of NATS, the service it is of. */
const [, , servers = '', name = ''] = process.argv;
const bus = await connectNats({ servers, name, logger: createLogger({ service: name, level: 'silent' }) });
const die = async (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};
if (name === 'auth') bus.answer(AdmitCaller, die);
else bus.answer(DescribeServer, die);
await bus.flush();
process.send?.('ready');
