export { addLuma } from './luma';
export { blendRows, resizeRow } from './resize-linear';
