import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const HEIGHT_PX = 132;

/** One line of a chart: its colour is a custom property of the page, so that it follows the theme. */
export interface Series {
  readonly label: string;
  readonly color: string;
  readonly values: readonly number[];
}

/** Amounts over time, as bars upon each other from the first series down. What it shows is said in words beside it. */
export const Chart = ({ atMs, series }: { readonly atMs: readonly number[]; readonly series: readonly Series[] }) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const data = [atMs.map((ms) => ms / 1_000), ...series.map(({ values }) => [...values])] as UPlot.AlignedData;
  const latest = useRef(data);
  const shape = series.map(({ label, color }) => `${label} ${color}`).join();

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  });
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new UPlot(options(parent, shape.split(',')), latest.current, parent);
    };
    draw();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: parent.clientWidth, height: HEIGHT_PX }));
    sized.observe(parent);
    // Colours are read when it is drawn.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => {
      sized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  return <div ref={place} className="chart" aria-hidden="true" />;
};

const options = (parent: HTMLElement, shapes: readonly string[]): UPlot.Options => {
  // Through an element, so that `light-dark()` is a colour by then.
  const colorOf = (name: string): string => {
    parent.style.color = `var(${name})`;
    const color = getComputedStyle(parent).color;
    parent.style.color = '';
    return color;
  };
  const bars = UPlot.paths.bars?.({ size: [0.7, 14], radius: 0.15 });
  const axis = {
    stroke: colorOf('--ink-3'),
    font: '11px Inter, sans-serif',
    grid: { stroke: colorOf('--line'), width: 1 },
  };
  return {
    width: parent.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { show: false },
        values: (_plot, splits) => splits.map(clock),
        space: 70,
        size: 26,
      },
      { ...axis, ticks: { show: false }, size: 34, space: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
    ],
    series: [
      {},
      ...shapes.map((shape) => {
        const [label = '', color = '--accent'] = shape.split(' ');
        return {
          label,
          fill: colorOf(color),
          stroke: colorOf(color),
          width: 0,
          points: { show: false },
          ...(bars !== undefined && { paths: bars }),
        };
      }),
    ],
  };
};

const clock = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
