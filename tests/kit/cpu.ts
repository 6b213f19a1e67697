/** The processor time of some work in milliseconds. Unlike the clock, it does not depend on what else runs. */
export function cpuMilliseconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
