const LF = 10;

/**
 * Cuts what a pipe brings into lines. Only line feeds end one: JSON may hold U+2028 and its like, which other readers of
 * lines stumble over.
 */
export class LineSplitter {
  private partial: Buffer[] = [];

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      this.partial.push(chunk.subarray(from, end));
      from = end + 1;
      this.flush();
    }
    if (from < chunk.length) this.partial.push(chunk.subarray(from));
  }

  /** What came last may lack its line feed. */
  flush(): void {
    const line = Buffer.concat(this.partial).toString('utf8').trim();
    this.partial = [];
    if (line !== '') this.onLine(line);
  }
}

/** A message as the one line that a pipe takes it in. Line ends in JSON can only stand between its tokens. */
export const asLine = (message: string): string => `${message.replace(/[\r\n]+/g, ' ')}\n`;
