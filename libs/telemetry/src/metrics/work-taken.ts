/**
 * What this process has been asked to do since it began: requests over HTTP and over the bus that it took. One number, which
 * those who take them raise and whoever wonders how worn the process is reads.
 */
export const workTaken = { requests: 0 };
