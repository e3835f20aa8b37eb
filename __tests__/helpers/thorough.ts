/** Whether all is tried that takes long, as `npm run test:all` does, or a sample of it. */
export const isThorough = process.env.THOROUGH_TESTS !== undefined;

/** So many rounds of something in a thorough run, and a tenth of them, or as many as are said, in a quick one. */
export const rounds = (all: number, quick = Math.ceil(all / 10)): number => (isThorough ? all : quick);
