#!/usr/bin/env node
// Old Nodes can run this file and nothing that the program imports.
import { requireNode } from '@trinetra/require-node';

requireNode(new URL('../package.json', import.meta.url));
await import('./models-program.ts');
