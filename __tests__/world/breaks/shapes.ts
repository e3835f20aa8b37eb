/** How answers are framed and how long they are: what a buffer, a window or a read of 64 KiB holds, and what it does not. */
export const shapes = [
  'length/9000',
  'length/65536',
  'length/300000',
  'trailers/40000',
  'trailers/200000',
  'close/40000',
  'close/200000',
];
