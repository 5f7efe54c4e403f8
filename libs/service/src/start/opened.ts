import type { Logger } from '#libs/telemetry';

interface Opened {
  readonly name: string;
  readonly close: () => Promise<void>;
}

/** What a process has opened, closed in the reverse order. One that fails to close does not keep the others open. */
export class OpenedThings {
  private readonly things: Opened[] = [];

  add(name: string, close: () => Promise<void>): void {
    this.things.push({ name, close });
  }

  async closeAll(logger: Logger): Promise<boolean> {
    let clean = true;
    for (let thing = this.things.pop(); thing !== undefined; thing = this.things.pop()) {
      try {
        await thing.close();
        logger.debug(`closed ${thing.name}`);
      } catch (error) {
        clean = false;
        logger.error({ err: error }, `${thing.name} did not close`);
      }
    }
    return clean;
  }
}
