import { BASE, UPSTREAM } from './ratios.js';
import { type Report, type Row, medianOf } from './report.js';

const WIDTH = 920;
const MARGIN = 24;
const HALF = (WIDTH - 3 * MARGIN) / 2;
const LABEL = 120;
const BAR = 20;
const GAP = 6;
const TITLE = 34;

const COLORS: Readonly<Record<string, string>> = {
  'upstream alone': '#b8bec7',
  'bare proxy': '#7d8794',
  embedded: '#1f7a5c',
  distributed: '#2f62b5',
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly caption: string;
}

const chart = (x: number, y: number, width: number, title: string, bars: readonly Bar[]): string => {
  const most = Math.max(...bars.map(({ value }) => value), 1e-9);
  const room = width - LABEL - 150;
  const drawn = bars.map(({ label, value, caption }, index) => {
    const top = y + TITLE + index * (BAR + GAP);
    const length = Math.max(1, (value / most) * room);
    return [
      text(x + LABEL - 8, top + BAR * 0.72, label, 'text-anchor="end"'),
      `<rect x="${x + LABEL}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2" fill="${COLORS[label] ?? '#999'}"/>`,
      text(x + LABEL + length + 6, top + BAR * 0.72, caption, 'class="value"'),
    ].join('');
  });
  return text(x, y + 18, title, 'class="title"') + drawn.join('');
};

const chartHeight = (bars: number): number => TITLE + bars * (BAR + GAP) + 18;

/** Two charts for a row of calls, side by side: what a call costs, and how many there are in a second. */
const chartsOf = (scenario: string, own: readonly Row[], y: number): string => {
  const base = own.find(({ subject }) => subject === BASE)?.median;
  const costs = own
    .filter(({ subject }) => subject !== UPSTREAM)
    .map(({ subject, median: { cpuUsPerCall } }) => ({
      label: subject,
      value: cpuUsPerCall,
      caption: `${cpuUsPerCall.toFixed(0)} µs${base && subject !== BASE ? `  (${(cpuUsPerCall / base.cpuUsPerCall).toFixed(2)}×)` : ''}`,
    }));
  const speeds = own.map(({ subject, median: { callsPerSecond } }) => ({
    label: subject,
    value: callsPerSecond,
    caption: `${Math.round(callsPerSecond).toLocaleString('en')}/s`,
  }));
  return [
    chart(MARGIN, y, HALF, `${scenario}: processor time per call`, costs),
    chart(2 * MARGIN + HALF, y, HALF, `${scenario}: calls per second`, speeds),
  ].join('\n');
};

/** What idle streams and idle processes keep. */
const restingCharts = ({ listening, memory, starts }: Report, y: number): { drawn: string; height: number } => {
  const streams = listening.map(({ subject, median: { kbPerStream } }) => ({
    label: subject,
    value: Math.max(0, kbPerStream),
    caption: `${kbPerStream.toFixed(1)} KB`,
  }));
  const idle = memory.flatMap(({ subject, uses }) =>
    uses
      .filter(({ process }) => process !== 'stores')
      .map(({ process, idleMb, busyMb }) => ({
        label: process === subject ? subject : process,
        value: busyMb,
        caption: `${idleMb.toFixed(0)} MB idle, ${busyMb.toFixed(0)} busy`,
      })),
  );
  const seconds = starts.length === 0 ? null : medianOf(starts.map(({ again }) => again.seconds));
  const started = seconds === null ? '' : `; started in ${seconds.toFixed(1)} s`;
  const left = streams.length > 0 ? chart(MARGIN, y, HALF, 'memory of an idle listen stream', streams) : '';
  const right = idle.length > 0 ? chart(2 * MARGIN + HALF, y, HALF, `memory of a process${started}`, idle) : '';
  return { drawn: left + right, height: left + right === '' ? 0 : chartHeight(Math.max(streams.length, idle.length)) };
};

export const pictureOf = (report: Report): string => {
  const { rows, machine, settings, at } = report;
  const subtitle = `${machine.cpus} CPUs, Node ${machine.node}, ${settings.connections} connections, every answer checked, ${at.slice(0, 10)}`;
  const parts: string[] = [];
  let y = 74;
  for (const scenario of new Set(rows.map((row) => row.scenario))) {
    const own = rows.filter((row) => row.scenario === scenario);
    parts.push(chartsOf(scenario, own, y));
    y += chartHeight(own.length);
  }
  const { drawn, height } = restingCharts(report, y);
  y += height;
  const style =
    'text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:13px}.head{font-weight:700;font-size:18px}.value{fill:#555}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}">`,
    `<style>${style}</style><rect width="100%" height="100%" fill="#fff"/>`,
    text(MARGIN, 34, 'Switchyard benchmark', 'class="head"'),
    text(MARGIN, 54, subtitle, 'class="value"'),
    ...parts,
    drawn,
    '</svg>\n',
  ].join('\n');
};
