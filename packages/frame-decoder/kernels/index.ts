export { addLuma } from './luma';
export { blendRows, resizeRow, resizeStretchedRow } from './resize-linear';
