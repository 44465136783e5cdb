export { planTaps, resizeRow, writePlanes, writeRow } from './person-crop';
export { warpRows } from './warp-affine';
