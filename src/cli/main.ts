#!/usr/bin/env node
import { problemWithNode } from '../support/needed-node.ts';

// An old Node stumbles over the rest of the code and says only where: nothing else is loaded before its version is known to work.
const problem = problemWithNode(process.versions.node);
if (problem === undefined) await import('./command.ts');
else {
  console.error(`balancing-reverse-proxy ${problem}`);
  process.exitCode = 1;
}
