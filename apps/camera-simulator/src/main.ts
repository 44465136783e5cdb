#!/usr/bin/env node
// Old Nodes can run this file and nothing that the program imports.
import { requireNode } from '@trinetra/program/require-node';

requireNode(new URL('../package.json', import.meta.url));
await import('./program.ts');
