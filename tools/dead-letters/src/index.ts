export { addDeadLetterCommands } from './commands.ts';
