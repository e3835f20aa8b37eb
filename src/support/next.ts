/** The `next` of Connect and Express: gives a request, or the error of one, to whatever is mounted behind. */
export type Next = (error?: unknown) => void;
