/**
 * Watches how much memory this process takes, for as long as it lives, without keeping it alive.
 * @returns a function that gives the most resident bytes since its last call, less those at its last call.
 */
export function watchGrownBytes(): () => number {
  let before = process.memoryUsage.rss();
  let peak = before;
  const watch = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  setInterval(watch, 5).unref();
  return () => {
    watch();
    const grown = peak - before;
    before = process.memoryUsage.rss();
    peak = before;
    return grown;
  };
}
