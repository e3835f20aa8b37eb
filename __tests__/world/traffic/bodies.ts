/** The text of an event stream with so many events. */
export function eventsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => eventOf(index)).join('');
}

export function eventOf(index: number): string {
  return `data: event ${index} ${'.'.repeat((index * 37) % 200)}\n\n`;
}

/** Lengths of the bodies that servers of files have: around what buffers, frames and windows are long. */
export const fileLengths: readonly number[] = [
  1, 2, 67, 500, 1_000, 1_024, 4_096, 9_000, 16_383, 16_384, 16_385, 20_000, 32_768, 50_000, 65_535, 65_536, 65_537,
  70_000, 100_000, 131_072, 200_000, 262_144, 300_000, 524_288, 1_000_000, 2_000_000, 5_000_000,
];
