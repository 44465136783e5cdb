export { planTaps, resizeRow, writeRow } from './person-crop';
export { warpRows } from './warp-affine';
