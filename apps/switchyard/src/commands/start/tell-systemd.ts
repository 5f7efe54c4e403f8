import { spawn } from 'node:child_process';
import { processEnvironment } from '#libs/config';

/**
 * Says to the systemd that started this process that it serves (`Type=notify`). The socket is one of datagrams, which Node does
 * not have, so systemd's own program says it; the unit lets its processes speak (`NotifyAccess=all`). Where that cannot be done
 * systemd sees no start, which it reports itself.
 */
export const tellSystemd = async (): Promise<void> => {
  if (!processEnvironment()['NOTIFY_SOCKET']) return;
  await new Promise<void>((resolve) => {
    const telling = spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore' });
    telling.once('error', () => resolve());
    telling.once('close', () => resolve());
  });
};
