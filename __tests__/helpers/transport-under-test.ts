import { gotTransport } from '../../src/index.ts';

/** Whether the suite runs over undici, which `jest.undici.config.js` puts in got's place. */
export const isOverUndici = gotTransport.name === 'undiciTransport';

/** Cases of what undici does not do as got does; README lists them. */
export function onlyOverGot<Case>(...cases: readonly Case[]): readonly Case[] {
  return isOverUndici ? [] : cases;
}
