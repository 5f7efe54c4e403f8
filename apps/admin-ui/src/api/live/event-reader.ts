/** More of one event is nothing that the gateway sends. */
const EVENT_CHARS_MAX = 262_144;

/** Reads server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export class EventReader {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private dataChars = 0;

  constructor(private readonly onEvent: (event: string, data: string) => void) {}

  /** Throws for an event that is too long; the stream is of no use after that. */
  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.readLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.rest.length + this.dataChars > EVENT_CHARS_MAX) throw new Error('an event of the stream is too long');
  }

  private readLine(line: string): void {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    if (field !== 'data') return;
    this.data.push(value);
    this.dataChars += value.length;
  }

  private dispatch(): void {
    const { event, data } = this;
    this.event = '';
    this.data = [];
    this.dataChars = 0;
    if (data.length > 0) this.onEvent(event === '' ? 'message' : event, data.join('\n'));
  }
}
