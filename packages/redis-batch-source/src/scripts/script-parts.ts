/**
 * The first line of every script that writes. Redis runs it although its memory is full: reading and acking free memory, and
 * a group takes 220 bytes (Redis 7.0.15). A replica, or a server that may not write, refuses the whole script, so
 * that what fails later is the fault of one stream.
 */
export const scriptHead = '#!lua flags=allow-oom';

/** Lua: calls a function; one that fails gives nil and the error as text. */
export const attempt: string = `
local function attempt(step, ...)
  local ok, result = pcall(step, ...)
  if ok then return result end
  return nil, type(result) == 'table' and result['err'] or tostring(result)
end
`;
