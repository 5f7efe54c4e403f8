// Of the rendered chart: whatever a ServiceMonitor scrapes is a port of a Service, of its pods, and open to those who may scrape.
const ofComponent = (objects, kind, component) =>
  objects.filter(
    (object) =>
      object.kind === kind &&
      (object.spec.podSelector?.matchLabels ?? object.metadata.labels)['app.kubernetes.io/component'] === component,
  );

/** By component, the port that it is scraped at. */
const scrapedPorts = (objects) =>
  objects
    .filter(({ kind }) => kind === 'ServiceMonitor')
    .flatMap(({ spec }) =>
      spec.selector.matchExpressions[0].values.flatMap((name) => spec.endpoints.map(({ port }) => [name, port])),
    );

export const checkScrapes = (objects, title, fail) => {
  const scraped = scrapedPorts(objects);
  const names = scraped.map(([name]) => name);
  const monitors = objects.some(({ kind }) => kind === 'ServiceMonitor');
  const services = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.labels);
  const ours = services
    .map((labels) => labels['app.kubernetes.io/component'])
    .filter((name) => !['edge', 'pgbouncer'].includes(name));
  if (monitors && names.toSorted().join() !== ours.toSorted().join())
    fail(title, `scraped: ${names.join(', ')}, and not each once`);
  for (const [name, port] of scraped) {
    const [service] = ofComponent(objects, 'Service', name);
    if (!service?.spec.ports.some((one) => one.name === port))
      fail(title, `the Service of ${name} has no port ${port}`);
    const [deployment] = ofComponent(objects, 'Deployment', name);
    const { ports, env } = deployment.spec.template.spec.containers[0];
    const container = ports.find((one) => one.name === port)?.containerPort;
    if (container === undefined) fail(title, `the pods of ${name} have no port ${port}`);
    const said = env.find((one) => one.name === 'METRICS_PORT')?.value ?? '0';
    if (port === 'metrics' && said !== String(container))
      fail(title, `${name} serves its metrics at ${said}, not ${container}`);
    for (const { spec } of ofComponent(objects, 'NetworkPolicy', name)) {
      const open = spec.ingress.filter(({ ports: of }) => of.some((one) => one.port === port));
      const others = spec.ingress.flatMap(({ from = [] }) => from).filter(({ namespaceSelector }) => namespaceSelector);
      const scrapers = open.flatMap(({ from = [] }) => from).filter(({ namespaceSelector }) => namespaceSelector);
      if (scrapers.length === 0) fail(title, `nobody may scrape ${name} at ${port}`);
      if (others.length !== scrapers.length) fail(title, `who scrapes ${name} reaches more of it than ${port}`);
    }
  }
};
