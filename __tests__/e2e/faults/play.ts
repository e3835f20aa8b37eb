import type { Ask, Scene } from './scene.ts';

/** Writes an answer up to its fault. @returns what does the fault. */
export type Beginning = (scene: Scene) => (() => void) | Promise<() => void>;

/** Plays the part of an endpoint in the scene that a request is for. */
export type Play = (path: string, ask: Ask, begin: Beginning) => Promise<void>;
