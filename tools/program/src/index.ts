export { nodeComplaint, requireNode } from './require-node.ts';
