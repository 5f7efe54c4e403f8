import type { AccessTls } from '../channel.js';

interface Line {
  close(): Promise<void>;
}

/** A credential that changes has others; what is still under way with the ones before ends meanwhile. */
const LINES_MAX = 4;

/** What is open to one origin, for each of the certificates it is opened with: what was opened with one never serves another. */
export class ByTls<L extends Line> {
  private readonly lines = new Map<string, L>();

  constructor(private readonly open: (tls: AccessTls | undefined) => L) {}

  /** Opens one where there is none yet. */
  of(tls: AccessTls | undefined): L {
    const id = tls?.id ?? '';
    const known = this.lines.get(id);
    if (known !== undefined) return known;
    const line = this.open(tls);
    this.lines.set(id, line);
    const [first] = this.lines;
    if (this.lines.size > LINES_MAX && first !== undefined) {
      this.lines.delete(first[0]);
      void first[1].close();
    }
    return line;
  }

  async close(): Promise<void> {
    const lines = [...this.lines.values()];
    this.lines.clear();
    await Promise.all(lines.map((line) => line.close()));
  }
}
