import { meter } from '#libs/telemetry';

/** How callers were admitted, counted with every request: what is shown is read from here when somebody asks. */
export const admissions = { known: 0, asked: 0 };

meter()
  .createObservableCounter('caller_admissions_total', {
    description: 'Callers admitted or refused, by whether the answer was known in this process or auth was asked.',
  })
  .addCallback((result) => {
    result.observe(admissions.known, { source: 'memory' });
    result.observe(admissions.asked, { source: 'auth' });
  });
