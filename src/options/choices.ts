import type { WinAt } from '../attempts/attempt/attempt-settings.ts';
import type { ResumeMode } from '../attempts/resume/resumable.ts';

// The flags of the command take these words, too, which nothing has to be loaded for.

/** The words for `winAt`, the default first. */
export const winPoints = ['head', 'first-byte', 'first-event'] as const satisfies readonly WinAt[];

/** The words for `resume`, the default first. */
export const resumeModes = ['range', 'replay', 'off'] as const satisfies readonly ResumeMode[];
