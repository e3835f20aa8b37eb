/** Connect's and Express's `next`. */
export type Next = (error?: unknown) => void;
