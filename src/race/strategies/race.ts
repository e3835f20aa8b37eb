import { isSendable, type StrategyRules } from './rules.ts';

const atOnce = { delayMs: () => 0, mayFollow: isSendable };

/** All endpoints are asked at once. */
export const race: StrategyRules = { order: 'given', isRace: true, pace: () => atOnce };
