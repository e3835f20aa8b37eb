/** The bytes in a mebibyte. */
export const MiB = 1_024 * 1_024;
